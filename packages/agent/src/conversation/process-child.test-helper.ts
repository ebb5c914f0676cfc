import { appendFileSync } from "node:fs";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import type { OpenTurnPolicy } from "../run/run-options.ts";
import {
  callMessage,
  scriptedAgent,
  type ScriptedMessage,
  scriptModel,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { Tool } from "../tools/tool.ts";
import { openConversation } from "./open-conversation.ts";

// A child process of the tests. Its arguments are the database and the task.

export interface Task {
  readonly inputs: readonly string[];
  readonly onConflict?: "rebase" | "retry";
  readonly lease?: boolean;
  /** @default 60000 */
  readonly leaseMs?: number;
  /** Journals turns with tool calls. Without it, the model echoes its input. */
  readonly journal?: boolean;
  /** The save of the thread before or after which the process is killed, or the tool in which it is. */
  readonly killAt?: { readonly save: number; readonly when: string } | undefined;
  readonly openTurn?: OpenTurnPolicy | undefined;
  /** Whether each input is its own key. */
  readonly hasKeys?: boolean;
  /** The file to which tools append the calls that they run. */
  readonly log?: string;
}

const [file = "", text = "{}"] = process.argv.slice(2);
const task = JSON.parse(text) as Task;
const {
  inputs,
  onConflict,
  lease = false,
  journal = false,
  leaseMs = 60_000,
  killAt,
  openTurn,
  hasKeys,
  log = "",
} = task;

function loggingTool(name: string): Tool {
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
  throw new Error("The process survived SIGKILL.");
}

/** Returns the store, except that the process dies at one of its saves. */
function dyingStore(store: ThreadStore): ThreadStore {
  let saves = 0;
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== "save") return typeof member === "function" ? member.bind(target) : member;
      return async (...args: Parameters<ThreadStore["save"]>) => {
        saves += 1;
        if (killAt?.save === saves && killAt.when === "before") die();
        const stored = await store.save(...args);
        if (killAt?.save === saves && killAt.when === "after") die();
        return stored;
      };
    },
  });
}

/** Depends on the messages only, so that any process gets the same responses. */
function respond(messages: readonly ScriptedMessage[]): ScriptedMessage {
  if (!journal) return { role: "assistant", content: `re: ${messages.at(-1)?.content ?? ""}` };
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
  const results = turn.filter(({ role }) => role === "tool").length;
  if (results === 0) return callMessage(["1", "left", "{}"], ["2", "right", "{}"]);
  return results === 2 ? callMessage(["3", "last", "{}"]) : { role: "assistant", content: "done" };
}

const store = dyingStore(sqliteStore({ path: file }));
const model = scriptModel(
  ...Array.from({ length: 1000 }, () => ({ messages }: { messages: readonly ScriptedMessage[] }) => ({
    message: respond(messages),
  })),
);
const agent = scriptedAgent(model, { tools: ["left", "right", "last"].map(loggingTool) });
const conversation = openConversation({
  agent,
  store,
  id: "c",
  onConflict,
  journal,
  // Long enough that a process on a busy machine does not lose it. Tests delete the lease of a process that was
  // killed.
  lease: journal || lease ? { durationMs: leaseMs, waitMs: 60_000 } : false,
});
for (const input of inputs)
  await conversation.run(input, { openTurn, key: hasKeys === true ? input : undefined });
await store.close();
