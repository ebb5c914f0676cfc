import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { memoryStore } from "../memory.ts";
import { lastPart } from "./growing-json.ts";
import { threadJson } from "./thread-json.ts";

const long = 'é\\"x\\\\'.repeat(800);

/** Objects whose text has marks: large parts, at all depths, with everything in strings that looks like structure. */
const value = fc.oneof(
  fc.constantFrom<unknown>(long, `${long}\\`, `${long}"`, '],"[{', 1, null, {}, []),
  fc.array(fc.constantFrom<unknown>(long, "\\", '"', { a: [long, { b: 1 }] }), { maxLength: 6 }),
  fc.dictionary(fc.constantFrom("a", "b,", '"', "]"), fc.constantFrom<unknown>(long, 1, [long, 2]), {
    maxKeys: 4,
  }),
);
const object = fc.dictionary(fc.constantFrom("a", "b", "{", '\\"', "e", "f"), value, { maxKeys: 6 });

/** What of a text is JSON is for the engine to say: by its own parse of the whole. */
function isObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

function isTaken(text: string, before: string): boolean {
  try {
    return threadJson(text, threadJson(before)).bytes.equals(Buffer.from(text));
  } catch {
    return false;
  }
}

describe("text that begins like text that was checked", () => {
  it("is taken exactly when the whole of it is a JSON object, wherever it goes on otherwise", () => {
    const ending = fc.constantFrom(
      "",
      "]",
      "}",
      "]}",
      "}}",
      ",",
      ',"a":1}',
      ",1]}",
      '"',
      "]}]}",
      '{"',
      "\u0000",
      " ",
      "1]}}",
    );
    fc.assert(
      fc.property(
        object,
        fc.double({ min: 0, max: 1, noNaN: true }),
        ending,
        fc.boolean(),
        (thread, part, end, indented) => {
          const before = JSON.stringify(thread, undefined, indented ? 2 : 0);
          const at = Math.floor(part * before.length);
          for (const text of [before.slice(0, at) + end, before.slice(0, at) + end + before.slice(at)]) {
            expect(isTaken(text, before)).toBe(isObject(text));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is taken when it grew, time after time, and gives the same marks as when it is looked at anew", () => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 2, maxLength: 8 }), object, (messages, state) => {
        let known = threadJson("{}");
        for (let count = 1; count <= messages.length; count += 1) {
          const text = JSON.stringify({ kind: "chat", messages: messages.slice(0, count), state });
          known = threadJson(text, known);
          expect(known.bytes.toString()).toBe(text);
          for (const mark of known.marks)
            expect(text.length === known.bytes.length ? text[mark.at - 1] : ",").toBe(",");
        }
      }),
      { numRuns: 50 },
    );
  });

  it("is parsed only from near its end", () => {
    const messages = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(1500)}`);
    const known = threadJson(JSON.stringify({ messages }));
    const grown = Buffer.from(JSON.stringify({ messages: [...messages, "y".repeat(1500)] }));
    expect(lastPart(grown, known)?.text.length).toBeLessThan(8000);
  });

  it("is refused for half a character where U+FFFD was", () => {
    const [before, after] = ["\ufffd", "\ud800"].map(
      (half) => `{"a":"${half}","b":["${"x".repeat(9000)}",1,2]}`,
    );
    expect(() => threadJson(after, threadJson(before))).toThrow("lone surrogate");
  });

  it("is refused with the place in the whole of it", () => {
    const before = `{"a":["${"x".repeat(9000)}",1,2]}`;
    expect(() => threadJson(`${before}]`, threadJson(before))).toThrow(`at position ${before.length}`);
  });
});

it("is what a store checks of a thread that it saved before", async () => {
  const store = memoryStore();
  const messages = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(1500)}`);
  let previous = await store.save("id", JSON.stringify({ messages }));
  const parse = vi.spyOn(JSON, "parse");
  for (let turn = 0; turn < 5; turn += 1) {
    messages.push(`${turn} ${"y".repeat(1500)}`);
    previous = await store.save("id", JSON.stringify({ messages }), { previous });
  }
  expect(Math.max(...parse.mock.calls.map(([text]) => text.length))).toBeLessThan(8000);
  parse.mockRestore();
  await expect(store.save("id", `${JSON.stringify({ messages })},`, { previous })).rejects.toThrow(
    "is not JSON",
  );
  expect((await store.load("id"))?.thread).toEqual({ messages });
});
