import type { CheckOptions } from "@threadstore/agent";
import type { SerializedThread } from "@threadstore/core";
import fc from "fast-check";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import {
  asks,
  call,
  messagesOf,
  result,
  threadOf,
  type Messages,
} from "../../../agent/dist/repair/threads.test-helper.js";
import { type RepairPolicy, checkThread, createChatAgent, repairThread } from "../index.ts";
import { findRejection, type StrictServerKind } from "../strict-server/rules.test-helper.ts";

const ids = ["c1", "c2", "c3"];
const text = fc.constantFrom("a", "b", "", "\ud83c");
const oddity = fc.constantFrom<unknown>(null, 5, true, {}, [], { a: 1 }, "");
const id = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...ids) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>("", undefined, null, 7, "x".repeat(41)) },
);
const args = fc.constantFrom<unknown>("{}", '{"a":1}', "", "{", "[1]", { a: 1 }, null, undefined);
const anyCall = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(id, fc.constantFrom("f", "g"), args).map((parts) => call(...parts)) },
  {
    weight: 1,
    arbitrary: id.map((value) => ({ id: value, type: "custom", custom: { name: "f", input: "x" } })),
  },
  {
    weight: 1,
    arbitrary: id.map((value) => ({ id: value, function: { name: "no type", arguments: "{}" } })),
  },
  { weight: 1, arbitrary: oddity },
);
const content = fc.oneof(
  { weight: 4, arbitrary: text },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.oneof(
        oddity,
        text.map((value) => ({ type: "text", text: value })),
      ),
    ),
  },
  { weight: 1, arbitrary: oddity },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const anyMessage = fc.oneof(
  { weight: 3, arbitrary: content.map((value) => ({ role: "user", content: value })) },
  { weight: 3, arbitrary: content.map((value) => ({ role: "assistant", content: value })) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(content, fc.array(anyCall, { maxLength: 3 }))
      .map(([said, calls]) => ({ role: "assistant", content: said, tool_calls: calls })),
  },
  { weight: 6, arbitrary: fc.tuple(id, content).map((parts) => result(...parts)) },
  { weight: 1, arbitrary: content.map((value) => ({ role: "system", content: value })) },
  { weight: 1, arbitrary: content.map((value) => ({ role: "function", name: "f", content: value })) },
  { weight: 1, arbitrary: fc.constantFrom("human", undefined, 5).map((role) => ({ role, content: "x" })) },
  { weight: 1, arbitrary: oddity },
);

/** A valid turn. */
const healthyTurn = fc
  .tuple(fc.nat(), fc.nat(3), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), fc.boolean())
  .map(([number, callCount, order, answers]): Messages => {
    const names = Array.from({ length: callCount }, (_, index) => `call_${number}_${index}`);
    const asked = names.length === 0 ? [] : [asks(...names.map((name) => call(name)))];
    const results = order.flatMap((index) => (names[index] === undefined ? [] : [result(names[index])]));
    const said = answers || names.length === 0 ? [{ role: "assistant", content: `Answer ${number}` }] : [];
    return [{ role: "user", content: `Question ${number}` }, ...asked, ...results, ...said];
  });
const healthy = fc
  .uniqueArray(healthyTurn, { maxLength: 4, selector: (turn) => JSON.stringify(turn[0]) })
  .map((turns) => turns.flat());

/** The effects of crashes, races and lost writes. */
const fault = fc.tuple(
  fc.constantFrom("remove", "repeat", "swap", "insert", "cut"),
  fc.nat(),
  fc.nat(),
  anyMessage,
);
const corrupt = fc
  .tuple(healthy, fc.array(fault, { minLength: 1, maxLength: 4 }))
  .map(([messages, faults]) => {
    let list = [...messages];
    for (const [kind, first, second, message] of faults) {
      const index = first % (list.length + 1);
      const other = second % (list.length + 1);
      if (kind === "remove") list.splice(index, 1);
      if (kind === "repeat") list.splice(other, 0, ...list.slice(index, index + 1));
      if (kind === "swap") list.splice(other, 0, ...list.splice(index, 1));
      if (kind === "insert") list.splice(index, 0, message);
      if (kind === "cut") list = list.slice(index % 3);
    }
    return list;
  });
const messages = fc.oneof(corrupt, fc.array(anyMessage, { maxLength: 8 }));

const turn = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  {
    weight: 4,
    arbitrary: fc.record({
      id: fc.constant("t"),
      start: fc.nat(4),
      rounds: fc.nat(2),
      calls: fc.array(
        fc.record({
          callId: fc.constantFrom(...ids, "call_0_0"),
          state: fc.constantFrom("approval-needed", "started"),
        }),
        { maxLength: 2 },
      ),
    }),
  },
  { weight: 1, arbitrary: oddity },
);
const threads = fc
  .tuple(messages, turn)
  .map(([list, open]) => threadOf(list, open === undefined ? { strange: 1 } : { strange: 1, turn: open }))
  // As a store returns it: without members that are undefined.
  .map((thread) => JSON.parse(JSON.stringify(thread)) as SerializedThread);
const options: fc.Arbitrary<CheckOptions> = fc.record({
  tools: fc.constantFrom(undefined, ["f", "weather"], []),
  openTurn: fc.constantFrom("keep" as const, "close" as const),
  strictOrder: fc.boolean(),
});
const policies: fc.Arbitrary<RepairPolicy> = fc.constantFrom<RepairPolicy>(
  "synthesize",
  "drop",
  {},
  {
    "result-missing": "drop",
    "result-misplaced": "drop",
  },
);

const agent = createChatAgent({
  client: new OpenAI({ baseURL: "http://127.0.0.1:1", apiKey: "k" }),
  model: "m",
});
const parameters: fc.Parameters<unknown> = { numRuns: 500 };

function rejectionOf(thread: SerializedThread, kind: StrictServerKind): object | undefined {
  return findRejection(kind, { messages: messagesOf(thread) as never, tools: [] });
}

describe("a randomly corrupted thread", () => {
  test("has no findings after a repair, and a second repair does not change it", async () => {
    await fc.assert(
      fc.asyncProperty(threads, policies, options, async (thread, policy, rules) => {
        const before = JSON.stringify(thread);
        const { thread: repaired } = repairThread(thread, policy, rules);
        expect(checkThread(repaired, rules)).toEqual([]);
        expect((await agent.deserializeThread(repaired)).messages).toEqual(messagesOf(repaired));
        const again = repairThread(repaired, policy, rules);
        expect(again.changes).toEqual([]);
        expect(JSON.stringify(again.thread)).toBe(JSON.stringify(repaired));
        expect(JSON.stringify(thread)).toBe(before);
      }),
      parameters,
    );
  });

  test("has a finding if a provider rejects it, and providers accept the repaired thread", () => {
    const strict: readonly StrictServerKind[] = ["openai", "vllm", "llamaCpp", "mistral", "qwen"];
    fc.assert(
      fc.property(threads, policies, (thread, policy) => {
        const rules = { openTurn: "close", strictOrder: true } as const;
        const { thread: repaired } = repairThread(thread, policy, rules);
        expect(strict.filter((kind) => rejectionOf(repaired, kind) !== undefined)).toEqual([]);
        const rejecting = strict.filter((kind) => rejectionOf(thread, kind) !== undefined);
        expect(rejecting.length > 0 && checkThread(thread, rules).length === 0).toBe(false);
      }),
      parameters,
    );
  });

  test("is unchanged and in order except for the reported changes", () => {
    fc.assert(
      fc.property(threads, policies, options, (thread, policy, rules) => {
        const { thread: repaired, changes } = repairThread(thread, policy, rules);
        const touched = changes.flatMap(({ path, counterpart = "" }) => [path, counterpart]);
        const texts = messagesOf(thread).map((message) => JSON.stringify(message));
        const untouched = texts.filter((_, index) => {
          const path = `$.messages[${index}]`;
          return !touched.some((name) => name === path || name.startsWith(`${path}.`));
        });
        const left = messagesOf(repaired).map((message) => JSON.stringify(message));
        for (const message of untouched) {
          const position = left.indexOf(message);
          expect(position).not.toBe(-1);
          left.splice(0, position + 1);
        }
        // A closed turn can leave messages that the service has never accepted.
        const isClosed = "turn" in thread && !("turn" in repaired);
        const added = isClosed && "unaccepted" in repaired ? ["unaccepted"] : [];
        expect(Object.keys(repaired).filter((name) => name !== "turn")).toEqual([
          ...Object.keys(thread).filter((name) => name !== "turn"),
          ...added,
        ]);
        expect(JSON.stringify(repaired) === JSON.stringify(thread)).toBe(changes.length === 0);
      }),
      parameters,
    );
  });
});

test("a valid thread has no findings and is unchanged", () => {
  fc.assert(
    fc.property(healthy, (list) => {
      const thread = threadOf(list);
      expect(checkThread(thread)).toEqual([]);
      expect(JSON.stringify(repairThread(thread, "drop").thread)).toBe(JSON.stringify(thread));
      expect(rejectionOf(thread, "openai")).toBeUndefined();
    }),
    parameters,
  );
});
