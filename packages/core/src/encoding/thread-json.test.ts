import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { ThreadStoreError } from "../errors.ts";
import { memoryStore } from "../memory-store.ts";
import { encodeRecord, threadBytes } from "./record.ts";
import type { Snapshot } from "./snapshot.ts";
import { threadJson } from "./thread-json.ts";

type Known = Pick<Snapshot, "record" | "checked">;

const details = {
  namespace: "",
  id: "id",
  nonce: "AAAAAAAAAAAAAAAAAAAAAA",
  createdAt: 0,
  updatedAt: 0,
  expiresAt: undefined,
  metadata: {},
};

/** As a save leaves it. */
function known(thread: string | readonly string[], before?: Known): Known {
  const json = threadJson(thread, before);
  const { record } = encodeRecord(json, details, before?.record);
  return { record, checked: json.checked };
}

function textOf({ record }: Known): string {
  return threadBytes(record).toString();
}

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
    return textOf(known(text, known(before))) === text;
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
        let last = known("{}");
        for (let count = 1; count <= messages.length; count += 1) {
          const text = JSON.stringify({ kind: "chat", messages: messages.slice(0, count), state });
          last = known(text, last);
          expect(textOf(last)).toBe(text);
          const bytes = Buffer.from(text);
          for (const { at } of last.checked?.marks ?? [])
            expect(bytes.toString("latin1", at - 1, at)).toBe(",");
        }
      }),
      { numRuns: 50 },
    );
  });

  it("is refused for half a character where U+FFFD was", () => {
    const [before, after] = ["\ufffd", "\ud800"].map(
      (half) => `{"a":"${half}","b":["${"x".repeat(9000)}",1,2]}`,
    );
    expect(() => threadJson(after ?? "", known(before ?? ""))).toThrow("lone surrogate");
  });

  it("is refused with the place in the whole of it", () => {
    const before = `{"a":["${"x".repeat(9000)}",1,2]}`;
    expect(() => threadJson(`${before}]`, known(before))).toThrow(`at position ${before.length}`);
  });
});

/** Cuts a text at some places, of which some are between the halves of a character. */
function cut(text: string, places: readonly number[]): string[] {
  const at = places.map((place) => Math.floor(place * text.length)).toSorted((a, b) => a - b);
  return [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length));
}

describe("text in parts", () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const content = fc.constantFrom(long, "é", "😀".repeat(20), "a", "\ud800");

  it("is the same as its parts joined, wherever it is cut, time after time", () => {
    const step = fc.record({
      keeps: place,
      adds: fc.array(content, { minLength: 1 }),
      cuts: fc.array(place),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        let [last, messages, parts] = [known("{}"), [] as string[], [] as string[]];
        for (const { keeps, adds, cuts } of steps) {
          const kept = Math.floor(keeps * messages.length);
          parts = parts.slice(0, kept);
          messages = [...messages.slice(0, kept), ...adds];
          for (let index = kept; index < messages.length; index += 1)
            parts.push((index === 0 ? '{"messages":[' : ",") + JSON.stringify(messages[index]));
          const text = `${parts.join("")}]}`;
          const before = [last, textOf(last)] as const;
          last = known(cuts.length === 0 ? [...parts, "]}"] : cut(text, cuts), last);
          expect(textOf(last)).toBe(text);
          expect(textOf(before[0])).toBe(before[1]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("is taken exactly when the whole of it is a JSON object", () => {
    const part = fc.constantFrom('{"a":[', "1,", `"${long}",`, "2", "]", "}", ',"b":1', '"', "\\", "");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.array(part, { minLength: 1 }), (given, added) => {
        const before = ['{"a":[', `"${long}",`, `"${long}",`, "1", "]}"];
        const parts = [...before.slice(0, 4 - (given.length % 5)), ...added];
        for (const each of [parts, given]) {
          let taken = true;
          try {
            expect(textOf(known(each, known(before)))).toBe(each.join(""));
          } catch (error) {
            if (!ThreadStoreError.is(error, "INVALID_ARGUMENT")) throw error;
            taken = false;
          }
          expect(taken).toBe(isObject(each.join("")));
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [[], "not an empty array"],
    [["{}", 1], "not an array of other things than strings"],
    [["{", "]"], "is not JSON"],
    [["[]"], "an array and not an object"],
    [["{}", "\ud800"], "lone surrogate"],
  ])("is refused: %j", (parts, message) => {
    expect(() => threadJson(parts)).toThrow(message);
    expect(() => threadJson(parts, known(["{}"]))).toThrow(message);
  });

  it("of which the first were parts of the thread before is read from there on", async () => {
    const store = memoryStore();
    const parts = ['{"messages":["first"', ...Array.from({ length: 200 }, () => `,"${"x".repeat(1500)}"`)];
    let previous = await store.save("id", [...parts, "]}"]);
    const counts = { parse: vi.spyOn(JSON, "parse"), encode: vi.spyOn(Buffer, "from") };
    parts.push(`,"${"y".repeat(1500)}"`);
    previous = await store.save("id", [...parts, "]}"], { previous });
    for (const { mock } of Object.values(counts)) {
      const lengths = mock.calls.map(([given]) => (given as { length: number }).length);
      expect(Math.max(...lengths)).toBeLessThan(5000);
    }
    for (const count of Object.values(counts)) count.mockRestore();
    expect(previous.json).toBe(`${parts.join("")}]}`);
  });

  it("that were changed in place are changed in the thread", async () => {
    const store = memoryStore();
    const parts = ['{"messages":["one"', ',"two"', "]}"];
    const first = await store.save("id", parts);
    parts[1] = ',"TWO"';
    expect(first.json).toBe('{"messages":["one","two"]}');
    const second = await store.save("id", parts, { previous: first });
    expect((await store.load("id"))?.json).toBe('{"messages":["one","TWO"]}');
    expect([first.json, second.json]).toEqual(['{"messages":["one","two"]}', '{"messages":["one","TWO"]}']);
  });
});

it("is encoded when everything of the caller's has run, which may save as well", async () => {
  let other: Promise<unknown> | undefined;
  let isFirst = true;
  const store = memoryStore({
    now() {
      const saves = isFirst;
      isFirst = false;
      if (saves) other = store.save("other", { text: "y".repeat(100) });
      return Date.now();
    },
  });
  await store.save("id", { text: "x".repeat(100) });
  await other;
  expect((await store.load("id"))?.thread).toEqual({ text: "x".repeat(100) });
  expect((await store.load("other"))?.thread).toEqual({ text: "y".repeat(100) });
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
