import type { SerializedThread } from "@threadstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agent, canonical, messagesIn, messagesOf } from "./golden.test-helper.ts";
import { readAgentFrameworkThread, writeAgentFrameworkThread } from "./index.ts";
import { randomThread, shapes, text } from "./random-thread.test-helper.ts";

describe.each(shapes)("any thread of shape %s", (shape) => {
  const thread = randomThread(shape);

  test("is written in its original form after passing through a store", async () => {
    await fc.assert(
      fc.asyncProperty(thread, async (source) => {
        const read = readAgentFrameworkThread(source);
        expect(read.shape).toBe(shape);
        const stored = JSON.stringify(read.thread);
        expect(stored.isWellFormed()).toBe(true);
        expect(writeAgentFrameworkThread(stored).text).toBe(canonical(source));
        // An agent can deserialize it unless the report requires a repair.
        const isBroken = read.report.some(({ kind }) => kind === "repair");
        const isDeserialized = await agent.deserializeThread(stored).then(
          () => true,
          () => false,
        );
        expect(isDeserialized || isBroken).toBe(true);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("is read the same after conversion to the other language, except for reported parts", () => {
    const to = shape.startsWith("csharp") ? "python-session" : "csharp-session";
    fc.assert(
      fc.property(thread, (source) => {
        const read = readAgentFrameworkThread(source);
        const written = writeAgentFrameworkThread(read.thread, { to });
        expect(messagesIn(written.text)).toHaveLength(messagesIn(source).length);
        const again = readAgentFrameworkThread(written.text);
        const isReported = written.report.some(({ kind }) => kind === "lost" || kind === "changed");
        const isSame = JSON.stringify(messagesOf(again.thread)) === JSON.stringify(messagesOf(read.thread));
        expect(isSame || isReported || hasUnnormalizedArguments(read.thread)).toBe(true);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  test("keeps the original messages when messages are appended", () => {
    fc.assert(
      fc.property(thread, text, (source, content) => {
        const read = readAgentFrameworkThread(source).thread;
        const added = { role: "user", content };
        const extended = { ...read, messages: [...messagesOf(read), added] } as SerializedThread;
        const before = messagesIn(source);
        const after = messagesIn(writeAgentFrameworkThread(extended).text);
        expect(after.slice(0, -1)).toEqual(before);
        expect(JSON.stringify(after.at(-1))).toContain(JSON.stringify(content));
      }),
      { seed: 3, numRuns: 40 },
    );
  });
});

/** Returns whether arguments are empty or have white space, which conversion normalizes. */
function hasUnnormalizedArguments(thread: SerializedThread): boolean {
  const calls = messagesOf(thread).flatMap(({ tool_calls: list }) => (Array.isArray(list) ? list : []));
  const args = calls.map((call) => (call as { function: { arguments: string } }).function.arguments);
  return args.some((value) => value.trim() === "" || canonical(value) !== value);
}
