import type { CheckOptions } from "@threadstore/agent";
import { readThread } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chatThreadKind } from "../chat/chat-thread.ts";
import { type RepairPolicy, checkThread, repairThread } from "../index.ts";
import { findRefusal, type StrictServerKind } from "../strict-server/rules.test-helper.ts";
import { asks, call, messagesOf, result, threadOf, type Messages } from "./threads.test-helper.ts";

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

/** A turn of a conversation in which all is well. */
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

/** What crashes, races and lost writes make of it. */
const blow = fc.tuple(
  fc.constantFrom("remove", "repeat", "swap", "insert", "cut"),
  fc.nat(),
  fc.nat(),
  anyMessage,
);
const damaged = fc.tuple(healthy, fc.array(blow, { minLength: 1, maxLength: 4 })).map(([messages, blows]) => {
  let list = [...messages];
  for (const [kind, first, second, message] of blows) {
    const at = first % (list.length + 1);
    const other = second % (list.length + 1);
    if (kind === "remove") list.splice(at, 1);
    if (kind === "repeat") list.splice(other, 0, ...list.slice(at, at + 1));
    if (kind === "swap") list.splice(other, 0, ...list.splice(at, 1));
    if (kind === "insert") list.splice(at, 0, message);
    if (kind === "cut") list = list.slice(at % 3);
  }
  return list;
});
const messages = fc.oneof(damaged, fc.array(anyMessage, { maxLength: 8 }));

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
  // As it comes from a store: members that are undefined are gone.
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

const reader = { kind: chatThreadKind, agent: "Assistant", acceptOtherAgent: false };
const parameters: fc.Parameters<unknown> = { numRuns: 500 };

function refusal(thread: SerializedThread, kind: StrictServerKind): object | undefined {
  return findRefusal(kind, { messages: messagesOf(thread) as never, tools: [] });
}

describe("whatever is wrong with a thread", () => {
  test("a repair leaves no damage, and a second one changes nothing", () => {
    fc.assert(
      fc.property(threads, policies, options, (thread, policy, rules) => {
        const before = JSON.stringify(thread);
        const { thread: mended } = repairThread(thread, policy, rules);
        expect(checkThread(mended, rules)).toEqual([]);
        expect(() => readThread(mended, reader)).not.toThrow();
        const again = repairThread(mended, policy, rules);
        expect(again.changes).toEqual([]);
        expect(JSON.stringify(again.thread)).toBe(JSON.stringify(mended));
        expect(JSON.stringify(thread)).toBe(before);
      }),
      parameters,
    );
  });

  test("a provider that refuses it is not alone: the check finds why, and the mended thread is taken", () => {
    const strict: readonly StrictServerKind[] = ["openai", "vllm", "llamaCpp", "mistral", "qwen"];
    fc.assert(
      fc.property(threads, policies, (thread, policy) => {
        const rules = { openTurn: "close", strictOrder: true } as const;
        const { thread: mended } = repairThread(thread, policy, rules);
        expect(strict.filter((kind) => refusal(mended, kind) !== undefined)).toEqual([]);
        const refusers = strict.filter((kind) => refusal(thread, kind) !== undefined);
        expect(refusers.length > 0 && checkThread(thread, rules).length === 0).toBe(false);
      }),
      parameters,
    );
  });

  test("what is not named among the changes is to the byte as it was, and in its order", () => {
    fc.assert(
      fc.property(threads, policies, options, (thread, policy, rules) => {
        const { thread: mended, changes } = repairThread(thread, policy, rules);
        const touched = changes.flatMap(({ path, counterpart = "" }) => [path, counterpart]);
        const texts = messagesOf(thread).map((message) => JSON.stringify(message));
        const untouched = texts.filter((_, index) => {
          const path = `$.messages[${index}]`;
          return !touched.some((name) => name === path || name.startsWith(`${path}.`));
        });
        const left = messagesOf(mended).map((message) => JSON.stringify(message));
        for (const message of untouched) {
          const position = left.indexOf(message);
          expect(position).not.toBe(-1);
          left.splice(0, position + 1);
        }
        expect(Object.keys(mended).filter((name) => name !== "turn")).toEqual(
          Object.keys(thread).filter((name) => name !== "turn"),
        );
        expect(JSON.stringify(mended) === JSON.stringify(thread)).toBe(changes.length === 0);
      }),
      parameters,
    );
  });
});

test("a thread in which all is well is left alone", () => {
  fc.assert(
    fc.property(healthy, (list) => {
      const thread = threadOf(list);
      expect(checkThread(thread)).toEqual([]);
      expect(JSON.stringify(repairThread(thread, "drop").thread)).toBe(JSON.stringify(thread));
      expect(refusal(thread, "openai")).toBeUndefined();
    }),
    parameters,
  );
});
