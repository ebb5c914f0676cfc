import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { applySplices, type Splice, spliceBetween, type StoredLog } from "@threadstore/core/decorator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CODECS } from "../codec/codecs.test-helper.ts";
import { codec } from "../codec/node.ts";
import {
  addTo,
  type Format,
  formatOf,
  LOCATION,
  resumed,
  startLog,
  type TestLog,
} from "./format.test-helper.ts";

const FORMATS: readonly Format[] = Object.values(CODECS).flatMap((platform) => [
  formatOf(platform, { minBytes: 0 }),
  formatOf(platform, { algorithm: "deflate", level: 1, minBytes: 40 }),
]);

async function textOf(stored: StoredLog, format: Format): Promise<string | undefined> {
  return applySplices((await format.read(LOCATION, stored)).splices);
}

const WORDS = ["tool", "weather", "Ahoj", "číslo", "日本語", "😀", '"quoted"', "\\n", "{}", "0.25", "\u2028"];

/** Generates texts like those of a conversation, which repeat themselves. */
const texts = fc
  .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: "binary", maxLength: 9 })), { maxLength: 60 })
  .map((words) => words.join(" "));

const steps = fc.array(
  fc.record({
    text: texts,
    /** Where the text is inserted, and how much it replaces, as parts of the thread. */
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    replaced: fc.constantFrom(0, 0, 0.1, 1),
    writer: fc.nat(FORMATS.length - 1),
    isResumed: fc.boolean(),
  }),
  { maxLength: 8 },
);

describe("a log", () => {
  it("that any platforms have written in turn is read by each of them", async () => {
    await fc.assert(
      fc.asyncProperty(texts, steps, async (first, changes) => {
        let json = first;
        let log = await startLog(FORMATS[0] ?? formatOf(), json);
        for (const { text: added, from, replaced, writer, isResumed } of changes) {
          const format = FORMATS[writer] ?? formatOf();
          const start = Math.floor(from * json.length);
          const end = start + Math.floor(replaced * (json.length - start));
          // The positions may separate surrogate pairs, which a thread cannot contain.
          const next = (json.slice(0, start) + added + json.slice(end)).toWellFormed();
          if (isResumed) log = await resumed(log, format);
          log = await addTo(log, format, spliceBetween(json, next));
          json = next;
        }
        for (const format of FORMATS) expect(await textOf(log.stored, format)).toBe(json);
      }),
      { numRuns: 60 },
    );
  });

  it("can be continued after it was read, with the text before as context", async () => {
    const format = formatOf();
    const sentence =
      "The agent looks for orders that were shipped to another city than the one in the address.";
    let log = await startLog(format, `{"messages":["${sentence}"]}`);
    const splice: Splice = { keep: log.log.threadLength - 2, text: `,"${sentence} ${sentence}"`, tail: 2 };
    const { log: read } = await format.read(LOCATION, log.stored);
    expect(read).toEqual(log.log);
    const continued = await addTo({ ...log, log: read }, format, splice);
    const withoutContext = await addTo(await resumed(log, format), format, splice);
    expect(JSON.stringify(continued.stored.segments[1]).length).toBeLessThan(70);
    expect(JSON.stringify(withoutContext.stored.segments[1]).length).toBeGreaterThan(90);
    log = await addTo(withoutContext, format, { keep: 2, text: sentence, tail: 0 });
    expect(await textOf(log.stored, format)).toBe(`{"${sentence}`);
  });

  it("stores texts as they are if they are short, or compressing does not shorten them", async () => {
    const random = randomBytes(120).toString("base64");
    const segmentOf = async (json: string, format = formatOf()): Promise<unknown> => {
      const [segment] = (await startLog(format, json)).stored.segments;
      return segment;
    };
    expect(await segmentOf("a".repeat(127))).toEqual([0, 0, "a".repeat(127)]);
    expect(await segmentOf("a".repeat(128))).toEqual([0, 0, "d", 128, expect.any(String)]);
    expect(await segmentOf("ab", formatOf(codec, { minBytes: 0 }))).toEqual([0, 0, "ab"]);
    expect(await segmentOf(random)).toEqual([0, 0, random]);
    // The quotes take two bytes each when they are stored as they are.
    expect(await segmentOf('""""'.repeat(33))).toEqual([0, 0, "d", 132, expect.any(String)]);
  });

  it("uses Zstandard for long texts, unless it must not", async () => {
    const long = JSON.stringify({ text: "How long is it? ".repeat(3000) });
    const method = async (format: Format): Promise<unknown> => {
      const [segment] = (await startLog(format, long)).stored.segments as readonly (readonly unknown[])[];
      return segment?.[2];
    };
    expect(await method(formatOf())).toBe("z");
    expect(await method(formatOf(codec, { algorithm: "deflate" }))).toBe("d");
    expect(await method(formatOf(CODECS["the web"]))).toBe("f");
  });

  it("is full after many segments, or with much replaced text", async () => {
    const format = formatOf();
    let log = await startLog(format, "[]");
    for (let count = 1; count < 1000; count += 1) {
      expect(format.isFull(log.log)).toBe(false);
      log = await addTo(log, format, { keep: 1, text: "", tail: 1 });
    }
    expect(format.isFull(log.log)).toBe(true);
    const long = await startLog(format, "x".repeat(1_500_000));
    const shortened = await addTo(long, format, { keep: 0, text: "y", tail: 0 });
    expect([format.isFull(long.log), format.isFull(shortened.log)]).toEqual([false, true]);
  });
});

/** A log with all kinds of segments. */
async function sampleLog(): Promise<TestLog> {
  const words = Array.from({ length: 400 }, (_, index) => `word ${index % 37} of ${index}`).join(" ");
  let log = await startLog(formatOf(), `{"messages":["${words} ${"long ".repeat(6000)}"]}`);
  log = await addTo(log, formatOf(), { keep: 14, text: `,"${words}"`, tail: 2 });
  log = await addTo(log, formatOf(), { keep: 14, text: "short", tail: 2 });
  log = await addTo(log, formatOf(CODECS["the web"]), { keep: 19, text: words, tail: 2 });
  return addTo(log, formatOf(), { keep: 21, text: `${words} again`, tail: 2 });
}

/** Returns whatever can be damaged in a stored log, damaged. */
function damaged(stored: StoredLog): StoredLog[] {
  const changedSegments = stored.segments.flatMap((segment, index) => {
    const others = (changed: unknown): StoredLog => ({
      ...stored,
      segments: stored.segments.with(index, changed as (typeof stored.segments)[number]),
    });
    const items = segment as readonly unknown[];
    return [
      ...[null, 5, "text", {}, [], items.slice(0, -1), [...items, 1]].map(others),
      ...items.flatMap((item, position) =>
        damagedItems(item).map((changed) => others(items.with(position, changed))),
      ),
    ];
  });
  const segments = stored.segments;
  const orders = [
    segments.slice(1),
    segments.slice(0, -1),
    segments.toReversed(),
    [...segments, ...segments.slice(-1)],
  ];
  const swapped = segments
    .slice(1)
    .map((segment, index) => segments.with(index, segment).with(index + 1, segments[index] ?? null));
  return [
    ...changedSegments,
    ...[...orders, ...swapped, []].map((changed) => ({ ...stored, segments: changed })),
    ...["", "1", "1,2,3", "1,2,3,4,5", "A,2,3,4", stored.head.slice(0, -1), `1${stored.head}`].map(
      (head) => ({
        ...stored,
        head,
      }),
    ),
    ...[null, {}, { format: 2 }, [], "1"].map((header) => ({ ...stored, header })),
  ];
}

function damagedItems(item: unknown): unknown[] {
  if (typeof item === "number") return [item + 1, item - 1, item + 0.5, -1, 1e300, String(item)];
  if (typeof item !== "string") throw new Error("Segments contain numbers and strings.");
  if (item.length === 1) return ["d", "f", "z", "x", null].filter((method) => method !== item);
  const flipped = Array.from({ length: 12 }, (_, index) => {
    const position = Math.floor((index * item.length) / 12);
    return `${item.slice(0, position)}${item[position] === "0" ? "1" : "0"}${item.slice(position + 1)}`;
  });
  return [...flipped, "", item.slice(1), item.slice(0, -1), `${item}0`, `${item.slice(0, -1)}"`, 7, null];
}

describe.each(Object.entries(CODECS))("a damaged log, read by %s", (_platform, platform) => {
  it("is CORRUPT, whatever was damaged, and the error says how to go on", async () => {
    const { stored } = await sampleLog();
    const format = formatOf(platform);
    expect(await textOf(stored, format)).toContain("again");
    const logs = damaged(stored);
    expect(logs.length).toBeGreaterThan(100);
    for (const log of logs) {
      const text = await textOf(log, format).catch((error: unknown) => error);
      const description = JSON.stringify({
        ...log,
        segments: log.segments.map((segment) => JSON.stringify(segment).slice(0, 60)),
      });
      expect(text, description).toMatchObject({
        code: "CORRUPT",
        message: expect.stringMatching(/or delete the thread, or save it with `overwrite: true`\.$/u),
      });
      expect(String(text)).not.toContain("word 1");
    }
  });

  it("is CORRUPT before it is decompressed if it states a larger size than `maxThreadBytes`", async () => {
    const { stored } = await sampleLog();
    const fails = async (): Promise<never> => {
      throw new Error("The data must not be decompressed.");
    };
    const format = formatOf(
      { ...platform, inflate: fails, decompressZstd: fails },
      { maxThreadBytes: 20_000 },
    );
    await expect(format.read(LOCATION, stored)).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining("larger than `maxThreadBytes`"),
    });
    // The sum is limited, too: the thread of each segment is small, but not all of their texts.
    const [first = null] = (await startLog(formatOf(), "x".repeat(19_000))).stored.segments;
    const many = { ...stored, segments: Array.from({ length: 200 }, () => first) };
    await expect(format.read(LOCATION, many)).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining("larger than `maxThreadBytes`"),
    });
  });
});

describe("golden files", () => {
  // Every later version must read these files. Never change one; add another.
  const golden = (name: string): string =>
    readFileSync(new URL(`../golden/${name}`, import.meta.url), "utf8");

  it.each(Object.entries(CODECS))("are read by %s", async (_platform, platform) => {
    const stored = JSON.parse(golden("log-1.json")) as StoredLog;
    expect(await textOf(stored, formatOf(platform))).toBe(golden("log-1.restored.txt"));
  });
});
