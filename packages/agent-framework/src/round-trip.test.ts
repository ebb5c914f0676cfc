import type { SerializedThread } from "@threadstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agent, canonical, messagesIn, messagesOf } from "./golden.test-helper.ts";
import { readAgentFrameworkThread, writeAgentFrameworkThread } from "./index.ts";
import { randomThread, shapes, text } from "./random-thread.test-helper.ts";

describe.each(shapes)("any thread of shape %s", (shape) => {
  const thread = randomThread(shape);

  test("comes back as it was, by way of a thread that a store can keep", async () => {
    await fc.assert(
      fc.asyncProperty(thread, async (source) => {
        const read = readAgentFrameworkThread(source);
        expect(read.shape).toBe(shape);
        const kept = JSON.stringify(read.thread);
        expect(kept.isWellFormed()).toBe(true);
        expect(writeAgentFrameworkThread(kept).text).toBe(canonical(source));
        // An agent takes it up unless the report calls for a repair.
        const isBroken = read.report.some(({ kind }) => kind === "repair");
        const taken = await agent.deserializeThread(kept).then(
          () => true,
          () => false,
        );
        expect(taken || isBroken).toBe(true);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("is read in another language as it was here, but for what the report names", () => {
    const to = shape.startsWith("csharp") ? "python-session" : "csharp-session";
    fc.assert(
      fc.property(thread, (source) => {
        const read = readAgentFrameworkThread(source);
        const written = writeAgentFrameworkThread(read.thread, { to });
        expect(messagesIn(written.text)).toHaveLength(messagesIn(source).length);
        const again = readAgentFrameworkThread(written.text);
        const isTold = written.report.some(({ kind }) => kind === "lost" || kind === "changed");
        const isSame = JSON.stringify(messagesOf(again.thread)) === JSON.stringify(messagesOf(read.thread));
        expect(isSame || isTold || hasOddArguments(read.thread)).toBe(true);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  test("keeps what came from there when the conversation goes on", () => {
    fc.assert(
      fc.property(thread, text, (source, said) => {
        const read = readAgentFrameworkThread(source).thread;
        const added = { role: "user", content: said };
        const grown = { ...read, messages: [...messagesOf(read), added] } as SerializedThread;
        const before = messagesIn(source);
        const after = messagesIn(writeAgentFrameworkThread(grown).text);
        expect(after.slice(0, -1)).toEqual(before);
        expect(JSON.stringify(after.at(-1))).toContain(JSON.stringify(said));
      }),
      { seed: 3, numRuns: 40 },
    );
  });
});

/** Arguments that are empty say the same as an empty object, and white space in them says nothing. */
function hasOddArguments(thread: SerializedThread): boolean {
  const calls = messagesOf(thread).flatMap(({ tool_calls: list }) => (Array.isArray(list) ? list : []));
  const args = calls.map((call) => (call as { function: { arguments: string } }).function.arguments);
  return args.some((value) => value.trim() === "" || canonical(value) !== value);
}
