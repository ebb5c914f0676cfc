import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { ThreadStoreError } from "../errors.ts";
import { memoryStore } from "../memory-store.ts";
import { DETAILS } from "./record-details.test-helper.ts";
import { encodeRecord, threadBytes } from "./record.ts";
import type { Snapshot } from "./snapshot.ts";
import { TEXT_PARTS, type TextParts } from "./text-parts.ts";
import { threadJson } from "./thread-json.ts";

type Version = Pick<Snapshot, "record" | "parsed">;

/** Encodes a thread like a save. */
function encode(thread: string | readonly string[], replaced?: Version): Version {
  const json = threadJson(typeof thread === "string" ? thread : inParts(thread), replaced);
  const { record } = encodeRecord(json, DETAILS, replaced?.record);
  return { record, parsed: json.parsed };
}

function inParts(parts: readonly string[]): TextParts {
  return { [TEXT_PARTS]: () => parts };
}

function textOf({ record }: Version): string {
  return threadBytes(record).toString();
}

const long = 'é\\"x\\\\'.repeat(800);

/** Objects with checkpoints: long values at all depths, and strings that look like structure. */
const value = fc.oneof(
  fc.constantFrom<unknown>(long, `${long}\\`, `${long}"`, '],"[{', 1, null, {}, []),
  fc.array(fc.constantFrom<unknown>(long, "\\", '"', { a: [long, { b: 1 }] }), { maxLength: 6 }),
  fc.dictionary(fc.constantFrom("a", "b,", '"', "]"), fc.constantFrom<unknown>(long, 1, [long, 2]), {
    maxKeys: 4,
  }),
);
const object = fc.dictionary(fc.constantFrom("a", "b", "{", '\\"', "e", "f"), value, { maxKeys: 6 });

/** Decides by a parse of the whole text. */
function isObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

function isAccepted(text: string, before: string): boolean {
  try {
    return textOf(encode(text, encode(before))) === text;
  } catch {
    return false;
  }
}

describe("text that starts like the replaced text", () => {
  it("is accepted if and only if all of it is a JSON object, wherever it starts to differ", () => {
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
            expect(isAccepted(text, before)).toBe(isObject(text));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is accepted when it grows repeatedly, with checkpoints after commas", () => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 2, maxLength: 8 }), object, (messages, state) => {
        let last = encode("{}");
        for (let count = 1; count <= messages.length; count += 1) {
          const text = JSON.stringify({ kind: "chat", messages: messages.slice(0, count), state });
          last = encode(text, last);
          expect(textOf(last)).toBe(text);
          const bytes = Buffer.from(text);
          for (const { offset } of last.parsed?.checkpoints ?? [])
            expect(bytes.toString("latin1", offset - 1, offset)).toBe(",");
        }
      }),
      { numRuns: 50 },
    );
  });

  it("is rejected for a lone surrogate in place of U+FFFD", () => {
    const [before, after] = ["\ufffd", "\ud800"].map(
      (character) => `{"a":"${character}","b":["${"x".repeat(9000)}",1,2]}`,
    );
    expect(() => threadJson(after ?? "", encode(before ?? ""))).toThrow("lone surrogate");
  });

  it("is rejected with the position in the whole text", () => {
    const before = `{"a":["${"x".repeat(9000)}",1,2]}`;
    expect(() => threadJson(`${before}]`, encode(before))).toThrow(`at position ${before.length}`);
  });
});

/** Splits a text at some positions, some of them within a surrogate pair. */
function split(text: string, positions: readonly number[]): string[] {
  const offsets = positions.map((position) => Math.floor(position * text.length)).toSorted((a, b) => a - b);
  return [0, ...offsets].map((from, index) => text.slice(from, offsets[index] ?? text.length));
}

describe("text parts", () => {
  const position = fc.double({ min: 0, max: 1, noNaN: true });
  const content = fc.constantFrom(long, "é", "😀".repeat(20), "a", "\ud800");

  it("are stored as their concatenation, wherever the text is split, save after save", () => {
    const step = fc.record({
      unchanged: position,
      added: fc.array(content, { minLength: 1 }),
      splits: fc.array(position),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        let [last, messages, parts] = [encode("{}"), [] as string[], [] as string[]];
        for (const { unchanged, added, splits } of steps) {
          const count = Math.floor(unchanged * messages.length);
          parts = parts.slice(0, count);
          messages = [...messages.slice(0, count), ...added];
          for (let index = count; index < messages.length; index += 1)
            parts.push((index === 0 ? '{"messages":[' : ",") + JSON.stringify(messages[index]));
          const text = `${parts.join("")}]}`;
          const replaced = { version: last, text: textOf(last) };
          last = encode(splits.length === 0 ? [...parts, "]}"] : split(text, splits), last);
          expect(textOf(last)).toBe(text);
          expect(textOf(replaced.version)).toBe(replaced.text);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("are accepted if and only if their concatenation is a JSON object", () => {
    const part = fc.constantFrom('{"a":[', "1,", `"${long}",`, "2", "]", "}", ',"b":1', '"', "\\", "");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.array(part, { minLength: 1 }), (created, added) => {
        const before = ['{"a":[', `"${long}",`, `"${long}",`, "1", "]}"];
        const parts = [...before.slice(0, 4 - (created.length % 5)), ...added];
        for (const each of [parts, created]) {
          let accepted = true;
          try {
            expect(textOf(encode(each, encode(before)))).toBe(each.join(""));
          } catch (error) {
            if (!ThreadStoreError.is(error, "INVALID_ARGUMENT")) throw error;
            accepted = false;
          }
          expect(accepted).toBe(isObject(each.join("")));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("with elements in separate parts are accepted if and only if their concatenation is a JSON object", () => {
    const beginning = fc.constantFrom(
      '{"a":[',
      '{"b":1,"a":[',
      '{"a":"[',
      '{"a":[[',
      '{"a":[1',
      "[",
      "{",
      '"{',
    );
    const element = fc.constantFrom("1", '"x"', "{}", "true", "[1]", '"', "2]", "");
    const further = fc.constantFrom(",1", ',{"c":[]}', ', "]"', ",", ',"', ',"b":1', ",[", "2", ".5", " ,3 ");
    const end = fc.constantFrom("]}", '],"b":2}', " ] }", ",4]}", "5]}", ".5]}", "e1]}", "]", "}", '"]}', "");
    const thread = fc
      .tuple(beginning, element, fc.array(further, { maxLength: 4 }), end)
      .map(([first, second, others, last]) => [first, second, ...others, last]);
    fc.assert(
      fc.property(thread, fc.array(further, { maxLength: 3 }), end, (parts, added, last) => {
        const accepts = (each: readonly string[], replaced?: Version): Version | undefined => {
          try {
            return encode(each, replaced);
          } catch (error) {
            if (ThreadStoreError.is(error, "INVALID_ARGUMENT")) return undefined;
            throw error;
          }
        };
        const saved = accepts(parts);
        expect(saved !== undefined).toBe(isObject(parts.join("")));
        const grown = [...parts.slice(0, -1), ...added, last];
        const replaced = saved ?? encode(['{"a":[', "1", ",2", "]}"]);
        expect(accepts(grown, replaced) !== undefined).toBe(isObject(grown.join("")));
      }),
      { numRuns: 3000 },
    );
  });

  it("with elements in separate parts are parsed once each", async () => {
    const parse = vi.spyOn(JSON, "parse");
    const store = memoryStore();
    const parts = ['{"messages":[', '"first"', ...Array.from({ length: 99 }, () => `,"${"x".repeat(1500)}"`)];
    let previous = await store.save("id", inParts([...parts, "]}"]));
    const parsed = (): number => parse.mock.calls.reduce((sum, [text]) => sum + text.length, 0);
    expect(parsed()).toBeLessThan(1510 * 100);
    for (let turn = 0; turn < 3; turn += 1) {
      parse.mockClear();
      parts.push(`,"${"y".repeat(1500)}"`);
      previous = await store.save("id", inParts([...parts, "]}"]), { previous });
      expect(parsed()).toBeLessThan(1520);
    }
    parse.mockRestore();
    expect((await store.load("id"))?.json).toBe(`${parts.join("")}]}`);
  });

  it.each([
    [[], "must be a non-empty array of strings"],
    [["{}", 1], "must be a non-empty array of strings"],
    [["{", "]"], "is not JSON"],
    [["[]"], "must be a JSON object, not an array"],
    [["{}", "\ud800"], "lone surrogate"],
  ])("are rejected: %j", (parts, message) => {
    const thread = inParts(parts as string[]);
    expect(() => threadJson(thread)).toThrow(message);
    expect(() => threadJson(thread, encode(["{}"]))).toThrow(message);
  });

  it("are not read again if they are leading parts of the replaced version", async () => {
    const store = memoryStore();
    const parts = ['{"messages":["first"', ...Array.from({ length: 200 }, () => `,"${"x".repeat(1500)}"`)];
    let previous = await store.save("id", inParts([...parts, "]}"]));
    const counts = { parse: vi.spyOn(JSON, "parse"), encode: vi.spyOn(Buffer, "from") };
    parts.push(`,"${"y".repeat(1500)}"`);
    previous = await store.save("id", inParts([...parts, "]}"]), { previous });
    for (const { mock } of Object.values(counts)) {
      const lengths = mock.calls.map(([argument]) => (argument as { length: number }).length);
      expect(Math.max(...lengths)).toBeLessThan(5000);
    }
    for (const count of Object.values(counts)) count.mockRestore();
    expect(previous.json).toBe(`${parts.join("")}]}`);
  });

  it("are copied: later changes to the array affect only later saves", async () => {
    const store = memoryStore();
    const parts = ['{"messages":["one"', ',"two"', "]}"];
    const first = await store.save("id", inParts(parts));
    parts[1] = ',"TWO"';
    expect(first.json).toBe('{"messages":["one","two"]}');
    const second = await store.save("id", inParts(parts), { previous: first });
    expect((await store.load("id"))?.json).toBe('{"messages":["one","TWO"]}');
    expect([first.json, second.json]).toEqual(['{"messages":["one","two"]}', '{"messages":["one","TWO"]}']);
  });
});

it("is encoded after all code of the caller has run, which may save as well", async () => {
  let other: Promise<unknown> | undefined;
  let isFirst = true;
  const store = memoryStore({
    now() {
      const savesOther = isFirst;
      isFirst = false;
      if (savesOther) other = store.save("other", { text: "y".repeat(100) });
      return Date.now();
    },
  });
  await store.save("id", { text: "x".repeat(100) });
  await other;
  expect((await store.load("id"))?.thread).toEqual({ text: "x".repeat(100) });
  expect((await store.load("other"))?.thread).toEqual({ text: "y".repeat(100) });
});

it("parses only what follows the text of the replaced version", async () => {
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

it("a long text is encoded once, and of the one that replaces it only what was added", async () => {
  const store = memoryStore();
  const text = (turns: number): string =>
    JSON.stringify({ messages: Array.from({ length: turns }, (_, n) => `${n} ${"x".repeat(1000)}`) });
  const from = vi.spyOn(Buffer, "from");
  const encoded = (): number =>
    from.mock.calls.filter(([argument]) => typeof argument === "string" && argument.length > 10_000).length;
  const saved = await store.save("a", text(5000));
  expect(encoded()).toBe(1);
  const next = await store.save("a", text(5001), { previous: saved });
  expect(encoded()).toBe(1);
  from.mockRestore();
  expect((await store.load("a"))?.json).toBe(text(5001));
  expect([saved.json === text(5000), next.json === text(5001)]).toEqual([true, true]);
});

it("text that begins like the replaced version, but differs before a checkpoint, is encoded once", async () => {
  const store = memoryStore();
  const text = (first: string): string => JSON.stringify({ messages: [first, "x".repeat(100_000)] });
  const saved = await store.save("a", text("first"));
  const encodings = { from: vi.spyOn(Buffer, "from"), write: vi.spyOn(Buffer.prototype, "write") };
  await store.save("a", text("other"), { previous: saved });
  const isWhole = ([argument]: readonly unknown[]): boolean => String(argument).length > 100_000;
  const counts = Object.values(encodings).map(({ mock }) => mock.calls.filter(isWhole).length);
  for (const encoding of Object.values(encodings)) encoding.mockRestore();
  expect(counts).toEqual([0, 1]);
  expect((await store.load("a"))?.json).toBe(text("other"));
});
