import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { memoryStore } from "../memory-store.ts";
import { commonText } from "./common-text.ts";
import { checkInSlices, isLarge } from "./large-thread.ts";
import { DETAILS } from "./record-details.test-helper.ts";
import { encodeRecord } from "./record.ts";
import { TEXT_PARTS } from "./text-parts.ts";
import { threadJson } from "./thread-json.ts";

const LARGE = 5_000_000;
const message = (index: number): string =>
  JSON.stringify({ role: "user", content: `${index} é${"x".repeat(1500)}` });
const messages = Array.from({ length: Math.ceil(LARGE / 1500) }, (_, index) => message(index));
const text = `{"messages":[${messages.join(",")}]}`;
const inParts = (elements: readonly string[]): object => {
  const parts = ['{"messages":[', ...elements.map((each, index) => (index === 0 ? each : `,${each}`)), "]}"];
  return { [TEXT_PARTS]: () => parts };
};
const forms = [
  ["text", (elements: readonly string[]) => `{"messages":[${elements.join(",")}]}`],
  ["parts", inParts],
] as const;

it("a large object is stored as it was when the call returned, and encoded in another turn", async () => {
  const store = memoryStore();
  const thread = { messages: messages.map((each): unknown => JSON.parse(each)) };
  const allocate = vi.spyOn(Buffer, "allocUnsafeSlow");
  const largest = (): number => Math.max(0, ...allocate.mock.calls.map(([size]) => size));
  const saving = store.save("id", thread);
  const largestAtOnce = largest();
  thread.messages.length = 0;
  expect((await saving).json === text).toBe(true);
  expect([largestAtOnce, largest() > LARGE]).toEqual([0, true]);
  allocate.mockRestore();
  expect((await store.load("id"))?.json === text).toBe(true);
});

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

describe.each(forms)("a large thread as %s", (_, form) => {
  it("is parsed in slices, between which the event loop runs", async () => {
    const store = memoryStore();
    const parse = vi.spyOn(JSON, "parse");
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    });
    const saved = await store.save("id", form(messages));
    clearInterval(timer);
    const lengths = parse.mock.calls.map(([parsed]) => parsed.length);
    parse.mockRestore();
    expect(Math.max(...lengths)).toBeLessThan(600_000);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(0.9 * text.length);
    expect(turns).toBeGreaterThan(1);
    expect(saved.json === text).toBe(true);
    expect((await store.load("id"))?.json === text).toBe(true);
  });

  it("parses, encodes and compares only what is added", async () => {
    const store = memoryStore();
    let previous = await store.save("id", form(messages));
    const spies = { parse: vi.spyOn(JSON, "parse"), from: vi.spyOn(Buffer, "from") };
    const added = [...messages];
    for (let turn = 0; turn < 3; turn += 1) {
      added.push(message(turn));
      previous = await store.save("id", form(added), { previous });
    }
    for (const { mock } of Object.values(spies)) {
      const lengths = mock.calls.map(([argument]) => (argument as { length: number }).length);
      // `Buffer.from(memory, start, length)` is a view.
      expect(Math.max(0, ...lengths.filter((length) => length !== undefined))).toBeLessThan(20_000);
    }
    for (const spy of Object.values(spies)) spy.mockRestore();
    expect((await store.load("id"))?.json === `{"messages":[${added.join(",")}]}`).toBe(true);
  });

  it("is rejected if it is not JSON", async () => {
    const store = memoryStore();
    const invalid = [...messages.slice(0, -1), '{"role":'];
    await expect(store.save("id", form(invalid))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(store.save("id", form([...messages, '"\ud800"']))).rejects.toThrow("lone surrogate");
    expect(await store.load("id")).toBeUndefined();
  });

  it("is not saved once its signal has aborted, and the rejection has the signal's reason", async () => {
    const store = memoryStore();
    const controller = new AbortController();
    const saving = store.save("id", form(messages), { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(saving).rejects.toThrow("enough");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await store.load("id")).toBeUndefined();
    await store.close();
  });
});

it("objects are large, and text and parts of which nothing is known", () => {
  const parsed = { checkpoints: [], parts: { strings: [], elements: 0 } };
  expect(isLarge({ text }, undefined)).toBe(true);
  expect(isLarge({ text }, {})).toBe(true);
  expect(isLarge({ text }, { parsed })).toBe(false);
  expect(isLarge({ text: "{}" }, undefined)).toBe(false);
  expect(isLarge({ parts: messages }, undefined)).toBe(true);
  expect(isLarge({ parts: ["{}"] }, undefined)).toBe(false);
  expect(isLarge({ json: text }, undefined)).toBe(true);
  expect(isLarge({ json: text }, { parsed })).toBe(true);
  expect(isLarge({ json: "{}" }, undefined)).toBe(false);
});

it("text in slices is accepted only if all of it is a JSON object", async () => {
  const long = 'é\\"x],[{'.repeat(300);
  const value = fc.oneof(
    fc.constantFrom<unknown>(long, "a", 1, null, {}, [], [long, long]),
    fc.array(fc.constantFrom<unknown>(long, 1, { a: [long] }), { maxLength: 12 }),
    fc.dictionary(fc.constantFrom("a", "b", "]"), fc.constantFrom<unknown>(long, [1]), { maxKeys: 3 }),
  );
  const object = fc.dictionary(fc.constantFrom("a", "b", "{", "c", "d"), value, { maxKeys: 5 });
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    by: fc.constantFrom("]", "}", "[", "{", ",", ":", '"', "1"),
  });
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(object, fc.option(damage), async (thread, change) => {
      let json = JSON.stringify(thread);
      if (change !== null) {
        const at = Math.floor(change.at * json.length);
        json = json.slice(0, at) + change.by + json.slice(at + 1);
      }
      const checked = await checkInSlices({ text: json }, () => Promise.resolve(), 3000);
      if (checked.text === undefined) return;
      accepted += 1;
      expect(isObject(json)).toBe(true);
      expect(checked.text.bytes.toString()).toBe(json);
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

it("the common beginning of texts ends between characters, wherever they differ", () => {
  const content = fc.array(fc.constantFrom("a", "é", "😀", "😁", "x".repeat(70_000)), { maxLength: 12 });
  fc.assert(
    fc.property(content, content, content, (common, left, right) => {
      const before = JSON.stringify({ text: [...common, ...left].join("") });
      const after = JSON.stringify({ text: [...common, ...right].join("") });
      const { record } = encodeRecord(threadJson(before), DETAILS, undefined);
      const found = commonText(after, { record, text: before });
      if (found === undefined) return;
      const beginning = after.slice(0, found.characters);
      expect(before.startsWith(beginning)).toBe(true);
      expect(beginning.isWellFormed()).toBe(true);
      expect(found.bytes).toBe(Buffer.byteLength(beginning));
      const next = after.slice(0, found.characters + 2);
      expect(next.length > found.characters && next.isWellFormed() && before.startsWith(next)).toBe(
        next.length > found.characters && next === after && after === before,
      );
    }),
    { numRuns: 300 },
  );
});
