import type { StoredLog } from "@threadstore/core/decorator";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { KeepOptions } from "../options.ts";
import { HISTORY, textAfter } from "./history-format.ts";
import { LOCATION, logOfTexts, TestLog } from "./log.test-helper.ts";
import { decodeHead, encodeHead } from "./log.ts";
import { decodeSegments } from "./segment.ts";

const DAY = 86_400_000;

const message = fc.record({ role: fc.constantFrom("user", "assistant"), content: fc.string() });
const texts = fc.array(
  fc
    .oneof(fc.array(message), fc.array(fc.jsonValue({ maxDepth: 2 })))
    .map((messages) => JSON.stringify({ messages })),
  { minLength: 1, maxLength: 12 },
);

/** Returns the texts of all versions in a log. */
function textsIn({ segments }: StoredLog): string[] {
  const decoded = decodeSegments(segments);
  return decoded.map((_, index) => textAfter(decoded.slice(0, index + 1)));
}

describe("the format of histories", () => {
  test("restores every text", async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (saved) => {
        const { log, stored, format } = await logOfTexts(saved);
        const read = await format.read(LOCATION, stored);
        const segments = decodeSegments(stored.segments);
        expect(read).toEqual({ log, splices: segments.map(({ splice }) => splice) });
        expect(await format.resume(LOCATION, stored)).toEqual(log);
        expect(textsIn(stored)).toEqual(saved);
        const versions = segments.map(({ replaced }) => replaced?.version);
        expect(versions).toEqual(saved.map((_, index) => (index === 0 ? undefined : `v${index - 1}`)));
      }),
    );
  });

  test("restores the versions that are kept after new logs were started", async () => {
    let starts = 0;
    await fc.assert(
      fc.asyncProperty(texts, async (saved) => {
        const log = await logOfTexts(saved, { versions: 3, characters: 200 });
        starts += log.starts - 1;
        const restored = textsIn(log.stored);
        expect(restored).toEqual(saved.slice(-restored.length));
        expect(await log.format.read(LOCATION, log.stored)).toMatchObject({ log: log.log });
      }),
    );
    expect(starts).toBeGreaterThan(20);
  });

  it("stores a turn as its text and a few bytes", async () => {
    const messages: object[] = [];
    const saved = Array.from({ length: 50 }, (_, turn) => {
      const answer = { role: "assistant", content: '"\n'.repeat(500) };
      messages.push({ role: "user", content: `question ${turn}` }, answer);
      return JSON.stringify({ messages });
    });
    const { stored, starts } = await logOfTexts(saved);
    expect(starts).toBe(1);
    const overheads = saved.map((text, index) => {
      return JSON.stringify(stored.segments[index]).length - text.length + (saved[index - 1] ?? "").length;
    });
    expect(Math.max(...overheads)).toBeLessThan(40);
  });

  it.each<[string, (log: StoredLog) => Partial<StoredLog>]>([
    ["no header", () => ({ header: null })],
    ["another header", () => ({ header: { format: 2 } })],
    ["no segments", () => ({ segments: [] })],
    ["a missing segment", ({ segments }) => ({ segments: segments.slice(0, -1) })],
    ["a missing first segment", ({ segments }) => ({ segments: segments.slice(1) })],
    ["segments in another order", ({ segments }) => ({ segments: segments.toReversed() })],
    ["a segment that is not an array", withLast({})],
    ["a segment without a text", withLast([0, 0])],
    ["a segment without a version", withLast([0, 0, "x"])],
    ["a segment without a time", withLast([0, 0, "x", "v"])],
    ["a segment without a size", withLast([0, 0, "x", "v", 0])],
    ["a segment without a duration", withLast([0, 0, "x", "v", 0, 0])],
    ["a negative duration", withLast([0, 0, "x", "v", 0, 0, -1])],
    ["a negative length", withLast([-1, 0, "x", "v", 0, 0, 0])],
    ["a segment that keeps too much", withLast([9999, 0, "x", "v", 0, 0, 0])],
    ["an empty head", () => ({ head: "" })],
    ["an incomplete head", ({ head }) => ({ head: `${head},1` })],
    ["a malformed head", ({ head }) => ({ head: head.replace(",", ",-") })],
    ["a head with too many digits", ({ head }) => ({ head: head.replace(",", ",zzzzzzzzzzz") })],
    ["the head of another version", ({ head }) => ({ head: encodeHead({ ...decodeHead(head), length: 1 }) })],
  ])("rejects a log with %s", async (_title, damage) => {
    const { stored, format } = await logOfTexts(['{"n":[]}', '{"n":[{"a":1}]}', '{"n":[{"b":1}]}']);
    await expect(format.read(LOCATION, stored)).resolves.toBeDefined();
    const damaged = { ...stored, ...damage(stored) };
    await expect(format.read(LOCATION, damaged)).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it("has a short head in printable ASCII", async () => {
    const { stored } = await logOfTexts(['{"a":1}', '{"a":2}'], {}, () => 1000);
    expect(HISTORY).toBe("history");
    expect(stored.head).toBe("2,7,1,1,rs");
  });
});

function withLast(segment: StoredLog["segments"][number]) {
  return ({ segments }: StoredLog): Partial<StoredLog> => ({ segments: [...segments.slice(0, -1), segment] });
}

describe("a new log is started", () => {
  /** Returns how many of the saves start a log. */
  async function startsIn(
    keep: KeepOptions,
    count: number,
    textOf: (index: number) => string,
    stepMs = 0,
  ): Promise<number> {
    let time = 0;
    const log = new TestLog(keep, () => time);
    for (let index = 0; index < count; index += 1) {
      time = index * stepMs;
      await log.save(textOf(index));
    }
    return log.starts;
  }

  const long = "x".repeat(100_000);

  it("never while a thread grows, however many versions it has", async () => {
    const textOf = (index: number): string =>
      JSON.stringify({ n: Array.from({ length: index }, () => "x".repeat(500)) });
    expect(await startsIn({ versions: 10 }, 200, textOf, DAY)).toBe(1);
  });

  it("never for small changes at the end of a long thread", async () => {
    expect(await startsIn({ versions: 10 }, 200, (index) => JSON.stringify({ long, index }))).toBe(1);
  });

  it("once per half of the versions if each save replaces the text", async () => {
    const textOf = (index: number): string => JSON.stringify({ text: String(index).repeat(1000) });
    const starts = await startsIn({ versions: 100 }, 1000, textOf);
    expect(starts).toBeGreaterThan(10);
    expect(starts).toBeLessThanOrEqual(1 + 1000 / 50);
  });

  it("once removed text is too old", async () => {
    const starts = await startsIn({ ageMs: 10 * DAY }, 60, (index) => JSON.stringify({ long, index }), DAY);
    expect(starts).toBeGreaterThan(3);
    expect(starts).toBeLessThan(14);
  });

  it("once there is too much removed text", async () => {
    const textOf = (index: number): string =>
      JSON.stringify({ text: String(index).repeat(1000).slice(0, 1000) });
    const starts = await startsIn({ characters: 10_000 }, 100, textOf);
    expect(starts).toBeGreaterThan(10);
    expect(starts).toBeLessThan(25);
  });

  it("once short appends take more space than the thread", async () => {
    const textOf = (index: number): string => JSON.stringify({ n: Array.from({ length: index }, () => 1) });
    const starts = await startsIn({ versions: 10 }, 1000, textOf);
    expect(starts).toBeGreaterThan(2);
    expect(starts).toBeLessThan(30);
  });
});
