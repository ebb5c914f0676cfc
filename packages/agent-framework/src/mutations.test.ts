import { describe, expect, test } from "vitest";
import { canonical, golden, goldenNames, messagesOf } from "./golden.test-helper.ts";
import {
  InterchangeError,
  readAgentFrameworkThread,
  type ReadThread,
  writeAgentFrameworkThread,
} from "./index.ts";
import { type JsonNode, type Member, NULL_NODE, printNode } from "./json/node.ts";
import { parseNode } from "./json/parse.ts";

/** Returns the thread, or `undefined` if it is rejected as corrupt or unknown. */
function read(text: string): ReadThread | undefined {
  try {
    return readAgentFrameworkThread(text);
  } catch (error) {
    if (InterchangeError.is(error)) return undefined;
    throw error;
  }
}

/** Reverses the members of all objects, except for those that C# requires to be first and those of tools. */
function reverse(node: JsonNode): JsonNode {
  if (node.type === "array") return { type: "array", items: node.items.map(reverse) };
  if (node.type !== "object") return node;
  const members = node.members.map(([name, value]): Member => [
    name,
    name === "arguments" || name === "result" ? value : reverse(value),
  ]);
  const types = members.filter(([name]) => name === "$type");
  const others = members.filter(([name]) => name !== "$type");
  return { type: "object", members: [...types, ...others.toReversed()] };
}

/** Yields copies of a value with one member or item less, or with `null` instead of it. */
function* mutate(node: JsonNode): Generator<JsonNode> {
  if (node.type === "array") {
    for (const [index, item] of node.items.entries()) {
      yield { type: "array", items: node.items.toSpliced(index, 1) };
      yield { type: "array", items: [...node.items, item] };
      for (const changed of mutate(item)) yield { type: "array", items: node.items.with(index, changed) };
    }
  } else if (node.type === "object") {
    for (const [index, [name, value]] of node.members.entries()) {
      yield { type: "object", members: node.members.toSpliced(index, 1) };
      yield { type: "object", members: node.members.with(index, [name, NULL_NODE]) };
      for (const changed of mutate(value)) {
        yield { type: "object", members: node.members.with(index, [name, changed]) };
      }
    }
  }
}

describe.each(goldenNames)("%s", (name) => {
  test("is read the same in any order of members, and keeps the order", () => {
    const reversed = printNode(reverse(parseNode(golden(name))));
    const { thread } = readAgentFrameworkThread(reversed);
    const original = readAgentFrameworkThread(golden(name)).thread;
    expect(messagesOf(thread)).toEqual(messagesOf(original));
    expect({ ...(thread["turn"] as object), id: "" }).toEqual({ ...(original["turn"] as object), id: "" });
    expect(writeAgentFrameworkThread(thread, { strict: true }).text).toBe(reversed);
  });
});

test.each(goldenNames.filter((name) => name.includes("approval") || name.includes("hosted")))(
  "%s: with any part missing, empty or repeated, it is written back as it was, or rejected",
  (name) => {
    const mutants = [...mutate(parseNode(golden(name)))];
    // A sample of the larger files, which contain similar parts.
    const step = Math.ceil(mutants.length / 60);
    const texts = mutants.filter((_mutant, index) => index % step === 0).map(printNode);
    const threads = texts.map((text) => read(text)?.thread);
    const changed = threads.flatMap((thread, index) => {
      const text = texts[index] ?? "";
      if (thread === undefined) return [];
      const back = writeAgentFrameworkThread(thread, { strict: true }).text;
      const others = targets.map((to) => read(writeAgentFrameworkThread(thread, { to }).text));
      return back === canonical(text) && !others.includes(undefined) ? [] : [text];
    });
    expect(changed).toEqual([]);
  },
);

const targets = ["csharp-session", "python-session"] as const;
