import { randomBytes } from "node:crypto";
import type { JsonValue } from "@threadstore/core";
import {
  applySplices,
  base85ToBytes,
  bytesToBase85,
  type ReadLog,
  type SegmentLocation,
  spliceBetween,
  type StoredLog,
  type WrittenSegments,
} from "@threadstore/core/decorator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeyProvider } from "../keys/key-provider.ts";
import { staticKeys } from "../keys/static-keys.ts";
import { type EncryptedLog, encryptionFormat } from "./encryption-format.ts";
import { metadataFormat } from "./sealed-metadata.ts";

const location: SegmentLocation = { namespace: "tenants/a", id: "thread" };
const oldKey = randomBytes(32);
const newKey = randomBytes(32);
const keys = staticKeys({ current: "old", keys: { old: oldKey } });
const replaced = { version: "1", updatedAt: new Date(0), size: 0 };

function formatWith(provider: KeyProvider = keys, migrating = false) {
  const metadata = metadataFormat({ missingKeys: "reject", keys: provider, isSealed: false, migrating });
  return encryptionFormat({ keys: provider, migrating, missingKeys: "reject", metadata });
}

/** Writes one segment for each text. */
async function write(texts: readonly string[], at = location, format = formatWith()): Promise<StoredLog> {
  let [log, outline, previous]: [EncryptedLog | undefined, string, string] = [undefined, "0", ""];
  const segments: JsonValue[] = [];
  for (const json of texts) {
    outline = `${json.length}`;
    const written: WrittenSegments<EncryptedLog> =
      log === undefined
        ? await format.start(at, { json, outline }, undefined)
        : await format.write(log, { splice: spliceBetween(previous, json), outline, replaced });
    segments.push(...written.segments);
    [log, previous] = [written.log, json];
  }
  if (log === undefined) throw new Error("There are no texts.");
  return { header: format.header(log), segments, outline, head: format.head(log) };
}

function textOf({ splices }: ReadLog<EncryptedLog>): string {
  return applySplices(splices) ?? "";
}

const TEXTS = ['{"messages":[]}', '{"messages":["Grüße 😀"]}', '{"messages":["Grüße 😀","!"]}', '{"x":1}'];

describe("a log", () => {
  it("reads back after each segment", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 6 }),
        async (texts) => {
          for (let count = 1; count <= texts.length; count += 1) {
            const stored = await write(texts.slice(0, count));
            expect(textOf(await formatWith().read(location, stored))).toBe(texts[count - 1]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("continues from its head alone", async () => {
    const format = formatWith();
    const stored = await write(TEXTS);
    const log = await format.resume(location, stored);
    if (log === undefined) throw new Error("The log was not resumed.");
    const change = { splice: spliceBetween(TEXTS.at(-1) ?? "", "{}"), outline: "2", replaced };
    const written = await format.write(log, change);
    const continued = {
      ...stored,
      segments: [...stored.segments, ...written.segments],
      outline: "2",
      head: format.head(written.log),
    };
    expect(textOf(await format.read(location, continued))).toBe("{}");
  });

  it("contains neither the text nor the key", async () => {
    const stored = JSON.stringify(await write(TEXTS));
    for (const secret of ["messages", "Grüße", oldKey.toString("base64"), oldKey.toString("hex")]) {
      expect(stored).not.toContain(secret);
    }
  });

  it("has a head of printable ASCII without spaces", async () => {
    const { head } = await write(TEXTS);
    expect(head).toMatch(/^[\x21-\x7E]{38,40}$/u);
  });

  it("is full when it has many short segments", async () => {
    const format = formatWith();
    const log = await format.resume(location, await write(TEXTS));
    if (log === undefined) throw new Error("The log was not resumed.");
    const withSegments = (count: number, length: number) => format.isFull({ ...log, count, length });
    expect(withSegments(1023, 0)).toBe(false);
    expect(withSegments(1024, 1024 * 512 - 1)).toBe(true);
    expect(withSegments(1024, 1024 * 512)).toBe(false);
    expect(withSegments(30_000, 16_000_000)).toBe(false);
  });
});

describe("keys", () => {
  const both = staticKeys({ current: "new", keys: { old: oldKey, new: newKey } });

  it("that are old still decrypt, and their logs are full", async () => {
    const format = formatWith(both);
    const { log, splices } = await format.read(location, await write(TEXTS));
    expect(applySplices(splices)).toBe(TEXTS.at(-1));
    expect(format.isFull(log)).toBe(true);
    const { log: next } = await format.start(location, { json: "{}", outline: "2" }, undefined);
    expect(format.header(next)).toEqual({ format: 1, key: "new" });
    expect(format.isFull(next)).toBe(false);
  });

  it("that are missing are named, and the remedy with them", async () => {
    const format = formatWith(staticKeys({ current: "new", keys: { new: newKey } }));
    const stored = await write(TEXTS);
    const failure = {
      code: "MISCONFIGURED",
      message: expect.stringMatching(/`old`.* Add this key to `keys`/u),
    };
    await expect(format.read(location, stored)).rejects.toMatchObject(failure);
    expect(await format.resume(location, stored)).toBeUndefined();
  });

  it("with other bytes under the same id decrypt nothing", async () => {
    const format = formatWith(staticKeys({ current: "old", keys: { old: newKey } }));
    const stored = await write(TEXTS);
    const failure = { code: "CORRUPT", message: expect.stringContaining("`old`") };
    await expect(format.read(location, stored)).rejects.toMatchObject(failure);
    await expect(format.resume(location, stored)).rejects.toMatchObject(failure);
  });
});

type Change = (stored: StoredLog) => StoredLog | Promise<StoredLog>;

const changeSegments =
  (change: (segments: JsonValue[]) => JsonValue[]): Change =>
  (stored) => ({ ...stored, segments: change([...stored.segments]) });

const CHANGES: readonly (readonly [name: string, change: Change])[] = [
  ["truncated", changeSegments((segments) => segments.slice(0, -1))],
  ["without its beginning", changeSegments((segments) => segments.slice(1))],
  ["without a segment", changeSegments((segments) => segments.toSpliced(1, 1))],
  ["extended by a repeated segment", changeSegments((segments) => [...segments, ...segments.slice(-1)])],
  ["reordered", changeSegments(([a = "", b = "", ...others]) => [b, a, ...others])],
  ["with a repeated segment", changeSegments(([a = "", b = "", , d = ""]) => [a, b, b, d])],
  ["with a segment that is not text", changeSegments(([, ...others]) => [{}, ...others])],
  ["with a segment that is not base85", changeSegments(([, ...others]) => ['"', ...others])],
  ["with an empty segment", changeSegments(([, ...others]) => ["", ...others])],
  ["without segments", changeSegments(() => [])],
  ["with the head before", async (stored) => ({ ...stored, head: (await write(TEXTS.slice(0, 3))).head })],
  ["with the head of another log", async (stored) => ({ ...stored, head: (await write(TEXTS)).head })],
  [
    "with the segments of another log",
    async (stored) => ({ ...stored, segments: (await write(TEXTS)).segments }),
  ],
  [
    "with a segment of another log of the thread",
    async (stored) => {
      const { segments } = await write(TEXTS);
      return { ...stored, segments: [...stored.segments.slice(0, 1), ...segments.slice(1)] };
    },
  ],
  [
    "with a last segment of another log of the thread",
    async (stored) => {
      const { segments } = await write(TEXTS);
      return { ...stored, segments: [...stored.segments.slice(0, -1), ...segments.slice(-1)] };
    },
  ],
  ["with another outline", (stored) => ({ ...stored, outline: `${stored.outline}0` })],
  ["with another header", (stored) => ({ ...stored, header: { format: 1, key: "other" } })],
  [
    "with the header of a key that does not exist",
    (stored) => ({ ...stored, header: { format: 1, key: "none" } }),
  ],
  ["with a header of another type", (stored) => ({ ...stored, header: null })],
  ["with a header without a key", (stored) => ({ ...stored, header: { format: 1 } })],
  ["with a header of a newer format", (stored) => ({ ...stored, header: { format: 2, key: "old" } })],
  ["with an empty head", (stored) => ({ ...stored, head: "" })],
  ["with a head of a newer format", (stored) => ({ ...stored, head: `2${stored.head.slice(1)}` })],
  ["of another thread", () => write(TEXTS, { ...location, id: "other" })],
  ["of another namespace", () => write(TEXTS, { ...location, namespace: "tenants/b" })],
  [
    "whose namespace and id are divided elsewhere",
    () => write(TEXTS, { namespace: "tenants", id: "a/thread" }),
  ],
];

/** Changes one character of a text to another one of the same alphabet. */
function changeCharacter(text: string, index: number): string {
  const character = text[index] === "a" ? "b" : "a";
  return text.slice(0, index) + character + text.slice(index + 1);
}

describe("corruption", () => {
  const provider = staticKeys({ current: "old", keys: { old: oldKey, other: newKey } });

  it.each(CHANGES)("is CORRUPT: a log %s", async (_, change) => {
    const stored = await change(await write(TEXTS));
    const error: unknown = await formatWith(provider)
      .read(location, stored)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "CORRUPT" });
    expect(String(error)).not.toContain("messages");
  });

  it("says how many segments are missing", async () => {
    const stored = await write(TEXTS);
    const reading = formatWith().read(location, { ...stored, segments: stored.segments.slice(0, -1) });
    await expect(reading).rejects.toThrow("has 3 segments instead of 4: it was truncated or extended");
  });

  it("is CORRUPT or a missing key: any changed character", async () => {
    const stored = await write(TEXTS.slice(0, 2));
    const changed: StoredLog[] = [];
    for (let index = 0; index < stored.head.length; index += 1) {
      changed.push({ ...stored, head: changeCharacter(stored.head, index) });
    }
    for (const [position, segment] of (stored.segments as string[]).entries()) {
      for (let index = 0; index < segment.length; index += 1) {
        const other = changeCharacter(segment, index);
        changed.push({ ...stored, segments: stored.segments.with(position, other) });
      }
    }
    for (const each of changed) {
      await expect(formatWith().read(location, each)).rejects.toMatchObject({ code: "CORRUPT" });
    }
    for (const each of changed.slice(0, stored.head.length)) {
      const resumed = formatWith().resume(location, each);
      // The key that a head names can be one that this process does not have.
      await expect(resumed.then((log) => log ?? Promise.reject({ code: "CORRUPT" }))).rejects.toMatchObject({
        code: "CORRUPT",
      });
    }
  });

  it("is CORRUPT: random bytes in a segment", async () => {
    const stored = await write(TEXTS.slice(0, 2));
    const [first = ""] = stored.segments;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        const segments = [first, bytesToBase85(bytes)];
        await expect(formatWith().read(location, { ...stored, segments })).rejects.toMatchObject({
          code: "CORRUPT",
        });
      }),
    );
  });

  it("is CORRUPT: a head of another thread that an append continues from", async () => {
    const stored = await write(TEXTS, { ...location, id: "other" });
    await expect(formatWith().resume(location, stored)).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

it("only states that were written are read, whatever parts of them are combined", async () => {
  // Two logs of the thread, one of another thread and one of another namespace, with equal texts.
  const places = [location, location, { ...location, id: "other" }, { ...location, namespace: "b" }];
  const texts = ["{}", '{"a":1}', '{"a":1,"b":2}'];
  const states: StoredLog[] = [];
  for (const place of places) {
    const log = await write(texts, place);
    states.push(log);
  }
  const [first, second, ...others] = states;
  const segments = states.flatMap((state) => state.segments);
  const heads = states.map(({ head, outline }) => ({ head, outline }));
  const valid = new Set([first, second].map((state) => JSON.stringify([state?.segments, state?.head])));
  expect(others.length).toBe(2);
  let read = 0;
  const mixed = fc.record({
    segments: fc.oneof(
      fc.constantFrom(...states.map((state) => state.segments)),
      fc.array(fc.constantFrom(...segments), { maxLength: 4 }),
      fc.shuffledSubarray([...(first?.segments ?? [])]),
    ),
    end: fc.constantFrom(...heads),
  });
  await fc.assert(
    fc.asyncProperty(mixed, async ({ segments: chosen, end }) => {
      const stored = { header: { format: 1, key: "old" }, segments: chosen, ...end };
      const outcome = await formatWith()
        .read(location, stored)
        .then(
          (result) => textOf(result),
          (error: { code?: string }) => error.code,
        );
      const isValid = valid.has(JSON.stringify([chosen, end.head]));
      if (isValid) read += 1;
      expect(outcome).toBe(isValid ? texts.at(-1) : "CORRUPT");
    }),
    { numRuns: 500 },
  );
  expect(read).toBeGreaterThan(0);
});

describe("a thread without encryption", () => {
  it("is CORRUPT, with the remedy, unless a migration is under way", () => {
    expect(() => formatWith().acceptPlainThread(location)).toThrow(
      expect.objectContaining({ code: "CORRUPT", message: expect.stringContaining("`migrating: true`") }),
    );
    expect(formatWith(keys, true).acceptPlainThread(location)).toBeUndefined();
  });
});

it("each segment has its own salt, and equal texts have different ciphertexts", async () => {
  const salts = new Set<string>();
  for (let n = 0; n < 50; n += 1) {
    for (const segment of (await write(["{}", "{}", "{}"])).segments as string[]) {
      salts.add(bytesToBase85(base85ToBytes(segment).subarray(0, 16)));
    }
  }
  expect(salts.size).toBe(150);
});
