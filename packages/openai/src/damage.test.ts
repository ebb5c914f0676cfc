import { readFileSync } from "node:fs";
import type { JsonValue, SerializedThread } from "@threadstore/core";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { damage, type DamagedDocument, damageTwice } from "../../agent/dist/repair/damage.test-helper.js";
import {
  checkThread,
  createChatAgent,
  createResponsesAgent,
  repairThread,
  type RepairChange,
} from "./index.ts";
import { CALL_CASES } from "./responses/call-kinds.test-helper.ts";
import { toTranscript } from "./responses/service-state.ts";
import { findResponsesRejection } from "./strict-server/responses-rules.test-helper.ts";
import { findRejection } from "./strict-server/rules.test-helper.ts";

const client = new OpenAI({ baseURL: "http://127.0.0.1:1", apiKey: "k" });
const agents = {
  chat: createChatAgent({ client, model: "m" }),
  responses: createResponsesAgent({ client, model: "m" }),
};
type Kind = keyof typeof agents;

const GOLDEN: readonly (readonly [Kind, string])[] = [
  ["chat", "golden/chat-thread-v1.json"],
  ["chat", "golden/chat-state-v1.json"],
  ["chat", "golden/chat-turn-begun-v1.json"],
  ["chat", "golden/chat-turn-interrupted-v1.json"],
  ["chat", "golden/chat-turn-awaiting-approval-v1.json"],
  ["chat", "golden/chat-turn-stopped-v1.json"],
  ["responses", "responses/golden/responses-thread-v1.json"],
  ["responses", "responses/golden/responses-calls-v1.json"],
];
// All of them take half a minute: `npm test` tries every 23rd, with each kind of fault at some paths of each thread.
const STRIDE = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 23 : 1;
const DOUBLE_FAULTS = 400 / STRIDE;

function read(name: string): JsonValue {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8")) as JsonValue;
}

function rejectionOf(kind: Kind, thread: SerializedThread): object | undefined {
  // A turn that waits for approval has calls without results.
  const { thread: closed } = repairThread(thread, "synthesize", { openTurn: "close" });
  const messages = closed["messages"] as never;
  if (kind === "responses") return findResponsesRejection({ input: toTranscript(messages) })?.error;
  return findRejection("openai", { messages })?.error;
}

/** Returns the messages that no change names and that are missing from the repaired thread, in order. */
function lostMessages(
  thread: SerializedThread,
  repaired: SerializedThread,
  changes: readonly RepairChange[],
): string[] {
  const messages = thread["messages"];
  if (!Array.isArray(messages)) return [];
  const touched = changes.flatMap(({ path, counterpart = "" }) => [path, counterpart]);
  const left = (repaired["messages"] as readonly JsonValue[]).map((message) => JSON.stringify(message));
  return messages.flatMap((message, index) => {
    const path = `$.messages[${index}]`;
    if (touched.some((name) => name === path || name.startsWith(`${path}.`))) return [];
    const position = left.indexOf(JSON.stringify(message));
    if (position !== -1) left.splice(0, position + 1);
    return position === -1 ? [path] : [];
  });
}

async function findProblem(kind: Kind, { document }: DamagedDocument): Promise<unknown> {
  const thread = document as SerializedThread;
  const identity = { kind, agent: "Assistant" };
  const findings = checkThread(thread, identity);
  const { thread: repaired, changes } = repairThread(thread, "synthesize", identity);
  if (findings.length === 0 && changes.length > 0) return "a change without a finding";
  await agents[kind].deserializeThread(repaired, { acceptOtherAgent: true });
  const again = repairThread(repaired, "synthesize");
  if (again.changes.length > 0) return again.changes;
  const lost = lostMessages(thread, repaired, changes);
  if (lost.length > 0) return lost;
  // A repair with the agent that the thread belongs to needs no options.
  if (changes.length > 0 && findings.every(({ path }) => path !== "$.kind" && path !== "$.format")) {
    await agents[kind].deserializeThread(thread, { repair: "synthesize", acceptOtherAgent: true });
  }
  return rejectionOf(kind, repaired);
}

/** A thread with a call of each kind. */
function threadOfCalls(): JsonValue {
  const items = Object.values(CALL_CASES).flatMap(({ call, succeeded }, index) => [
    { role: "user", content: `Question ${index}` },
    { type: "reasoning", id: `rs_${index}`, summary: [], encrypted_content: "gAAA" },
    call(`c${index}`),
    succeeded(`c${index}`),
    {
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text: "Done.", annotations: [] }],
    },
  ]);
  const head = { format: "threadstore.thread", version: 1, kind: "responses", agent: "Assistant" };
  return { ...head, messages: items } as JsonValue;
}

describe("a thread with a fault at any path", () => {
  test.each([...GOLDEN, ["responses", "with each kind of call"] as const])(
    "of a %s agent (%s) can be repaired, loaded and sent",
    async (kind, name) => {
      const document = name.endsWith(".json") ? read(name) : threadOfCalls();
      const problems: unknown[] = [];
      const single = [...damage(document)].filter((_damaged, index) => index % STRIDE === 0);
      for (const damaged of [...single, ...damageTwice(document, DOUBLE_FAULTS)]) {
        const problem = await findProblem(kind, damaged).catch(String);
        if (problem !== undefined) problems.push([damaged.title, problem]);
      }
      expect(problems).toEqual([]);
    },
  );
});
