import { appendFileSync } from "node:fs";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";
import { createChatAgent, defineTool, openConversation } from "../index.ts";

// Another process of the tests. Its arguments: the database, the model's server, and what to do.

interface Task {
  readonly posts?: readonly string[];
  readonly onConflict?: "rebase" | "retry";
  readonly lease?: boolean;
  readonly journal?: boolean;
  /** Whether the process runs so much later that the leases of earlier ones have expired. */
  readonly afterLeases?: boolean;
  /** Before or behind which write of the store the process is killed. */
  readonly killAt?: { readonly save: number; readonly when: "before" | "after" };
  /** Where tools write down what they do. */
  readonly log?: string;
}

const [file = "", url = "", text = "{}"] = process.argv.slice(2);
const {
  posts = [],
  onConflict,
  lease = false,
  journal = false,
  killAt,
  log = "",
  afterLeases = false,
} = JSON.parse(text) as Task;
/** So long that no process loses its lease because it gets no CPU. */
const LEASE_MS = 60_000;
const now = afterLeases ? () => Date.now() + LEASE_MS : Date.now;
const store = dying(sqliteStore({ path: file, now }));

function tool(name: string) {
  return defineTool({
    name,
    run: (_args, { operationId }) => {
      appendFileSync(log, `${name} ${operationId}\n`);
      if (killAt?.save === 0 && killAt.when === name) die();
      return `${name} done`;
    },
  });
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("outlived SIGKILL");
}

/** The store, but the process dies at one of its saves of the thread. */
function dying(real: ThreadStore): ThreadStore {
  let saves = 0;
  return new Proxy(real, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== "save") return typeof member === "function" ? member.bind(target) : member;
      return async (...given: Parameters<ThreadStore["save"]>) => {
        saves += 1;
        if (killAt?.save === saves && killAt.when === "before") die();
        const stored = await real.save(...given);
        if (killAt?.save === saves && killAt.when === "after") die();
        return stored;
      };
    },
  });
}

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-test", maxRetries: 0 });
const agent = createChatAgent({ client, model: "m", tools: [tool("left"), tool("right"), tool("last")] });
const conversation = openConversation({
  agent,
  store,
  id: "c",
  onConflict,
  journal,
  lease: journal || lease ? { durationMs: LEASE_MS, waitMs: 600_000 } : false,
});
for (const post of posts) await conversation.run(post);
await store.close();
