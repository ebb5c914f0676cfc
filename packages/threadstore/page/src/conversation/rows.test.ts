import { expect, it } from "vitest";
import type { Conversation, Entry, Finding } from "../api/types.ts";
import { arrangeRows } from "./rows.ts";

function conversation(entries: readonly Partial<Entry>[], findings: readonly Finding[] = []): Conversation {
  const whole = entries.map((entry, index) => ({
    index,
    path: `$.messages[${index}]`,
    role: "assistant",
    bytes: 1,
    ...entry,
  }));
  return { entries: whole as Entry[], findings } as unknown as Conversation;
}

const call = (id: string): Partial<Entry> => ({ kind: "call", id, name: "tool", input: "" });
const result = (id: string, output: string): Partial<Entry> => ({ kind: "result", id, output, role: "tool" });

it("shows each result in the row of its call, in order", () => {
  const { rows } = arrangeRows(
    conversation([call("a"), call("a"), result("a", "first"), result("b", "alone"), result("a", "second")]),
  );
  expect(rows.map(({ entry, result: paired }) => [entry.kind, paired?.output])).toEqual([
    ["call", "first"],
    ["call", "second"],
    ["result", undefined],
  ]);
});

it("shows the role once for each message", () => {
  const { rows } = arrangeRows(
    conversation([
      { kind: "text", index: 0, role: "user" },
      { kind: "text", index: 1 },
      { kind: "text", index: 1 },
    ]),
  );
  expect(rows.map(({ isFirst }) => isFirst)).toEqual([true, true, false]);
});

it("places as many findings as there are rows", () => {
  const entries = Array.from({ length: 30_000 }, (_, index) => call(`c${index}`));
  const findings = entries.map((_, index) => ({ code: "x", path: `$.messages[${index}].id`, message: "m" }));
  // A search through all rows for each finding would take minutes.
  const { flagged, unplaced } = arrangeRows(conversation(entries, findings));
  expect([flagged.length, unplaced]).toEqual([30_000, []]);
}, 30_000);

it.each([
  ["the same path", "$.messages[1]", [1]],
  ["a value inside of a part", "$.messages[1].content[0]", [1]],
  ["a message of several parts", "$.messages[2]", [2]],
  ["a result, in the row of its call", "$.messages[4]", [1]],
  ["a longer index", "$.messages[12]", []],
  ["the whole thread", "$", []],
])("shows a finding of %s at its place", (_, path, expected) => {
  const entries: Partial<Entry>[] = [
    { kind: "text" },
    call("a"),
    { kind: "text", path: "$.messages[2].content[0]" },
    { kind: "text", path: "$.messages[2].content[1]", index: 2 },
    result("a", ""),
  ];
  const { flagged, unplaced } = arrangeRows(conversation(entries, [{ code: "x", path, message: "m" }]));
  expect(flagged).toEqual(expected);
  expect(unplaced).toHaveLength(expected.length === 0 ? 1 : 0);
});
