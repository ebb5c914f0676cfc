import { appendFile, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { growThread } from "@threadstore/conformance";
import { createThreadStore, type ThreadDriver } from "@threadstore/core";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { fileSystemDriver } from "./driver.ts";
import {
  filesBelow,
  keyOf,
  options,
  recordOf,
  segmentFile,
  temporaryFolder,
  textAt,
} from "./file-system.test-helper.ts";
import { fileSystemStore } from "./store.ts";

let folder: string;
const key = keyOf("thread");
const trailer = "<trailer>";

beforeEach(async () => {
  folder = await temporaryFolder();
});

/** Saves with the hint that core gives. */
async function save(driver: ThreadDriver, text: string, over: { version: string; text: string } | undefined) {
  const bytes = Buffer.from(text);
  const before = Buffer.from(over?.text ?? "");
  let unchanged = 0;
  while (unchanged < Math.min(bytes.length, before.length) && bytes[unchanged] === before[unchanged])
    unchanged += 1;
  const record = { ...recordOf(text), unchanged, trailerLength: trailer.length };
  const version = await driver.write(key, record, over?.version, options);
  if (version === undefined) throw new Error("a lost race");
  return { version, text };
}

function turns(count: number, size = 1000): string {
  return Array.from({ length: count }, (_, turn) => `${turn}`.padEnd(size, ".")).join("");
}

async function sizes(): Promise<number[]> {
  const files = await filesBelow(folder);
  return Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
}

describe("a thread that grows", () => {
  it("is appended to in one file, which has hardly more than the record", async () => {
    const driver = fileSystemDriver({ folder });
    let last = await save(driver, turns(1) + trailer, undefined);
    for (let count = 2; count <= 200; count += 1) last = await save(driver, turns(count) + trailer, last);
    expect(await textAt(driver, key)).toBe(last.text);
    const [size = 0, ...others] = await sizes();
    expect(others).toEqual([]);
    expect(size).toBeLessThan(1.2 * last.text.length);
  });

  it("with what core puts behind it costs at most 1.5 times its size in 200 turns", async () => {
    const saved = await growThread(fileSystemStore({ folder }), { id: "thread", turns: 200 });
    const [size = 0] = await sizes();
    expect(saved.size).toBeGreaterThan(300_000);
    expect(size).toBeLessThan(1.5 * saved.size);
    expect((await fileSystemStore({ folder }).load("thread"))?.json).toBe(saved.json);
  });

  it("costs in proportion: from 100 to 800 turns at most 9 times as much", async () => {
    const store = fileSystemStore({ folder, durability: "process" });
    let short = 0;
    await growThread(store, {
      id: "thread",
      turns: 800,
      onTurn: async (_stored, turn) => {
        if (turn === 99) [short = 0] = await sizes();
      },
    });
    const [long = 0] = await sizes();
    expect(long / short).toBeLessThan(9);
  });

  it("shows a listing its trailer, from the last frame", async () => {
    const driver = fileSystemDriver({ folder });
    const first = await save(driver, turns(50) + trailer, undefined);
    const { version } = await save(driver, `${turns(50)} more${trailer}`, first);
    const { records } = await driver.list("", { after: undefined, limit: 2 }, options);
    expect(records.map(({ tail }) => String(Buffer.from(tail)))).toEqual([` more${trailer}`]);
    expect(records[0]?.version).toBe(version);
  });

  it("and is edited in the middle, cut or emptied is what was saved", async () => {
    const driver = fileSystemDriver({ folder });
    let last = await save(driver, turns(100) + trailer, undefined);
    const cut = turns(100).slice(0, 70_000);
    for (const text of [`${cut}x`, `${cut.slice(0, 99)}y`, "", "z", turns(101)]) {
      last = await save(driver, text + trailer, last);
      expect(await textAt(driver, key)).toBe(last.text);
    }
  });

  it("of which nothing stays is appended whole, by who made its only segment", async () => {
    const driver = fileSystemDriver({ folder });
    let last = await save(driver, `a${trailer}`, undefined);
    const files = new Set<string>();
    for (let round = 0; round < 10; round += 1) {
      last = await save(driver, `${round}${"x".repeat(1000)}${trailer}`, last);
      for (const file of await filesBelow(folder)) files.add(basename(file));
      expect(await textAt(driver, key)).toBe(last.text);
    }
    expect(files.size).toBe(1);
    last = await save(fileSystemDriver({ folder }), `b${trailer}`, last);
    const [file = "", ...others] = await filesBelow(folder);
    expect([others, files.has(basename(file))]).toEqual([[], false]);
    expect(await textAt(driver, key)).toBe(last.text);
  });

  it("is written anew when what is not needed any more outweighs it", async () => {
    const driver = fileSystemDriver({ folder });
    let last = await save(driver, `${"x".repeat(1000)}${trailer}`, undefined);
    for (let round = 0; round < 300; round += 1) {
      last = await save(driver, `${"x".repeat(500)}${`${round}`.padEnd(500)}${trailer}`, last);
    }
    expect((await sizes()).reduce((sum, size) => sum + size, 0)).toBeLessThan(2 * 1000 + 65_536 + 1000);
    expect(await textAt(driver, key)).toBe(last.text);
  });
});

describe("several processes", () => {
  it("have segments of their own, of which few are kept", async () => {
    let last = await save(fileSystemDriver({ folder }), turns(100) + trailer, undefined);
    const counts = new Set<number>();
    for (let count = 101; count <= 130; count += 1) {
      last = await save(fileSystemDriver({ folder }), turns(count) + trailer, last);
      expect(await textAt(fileSystemDriver({ folder }), key)).toBe(last.text);
      counts.add((await filesBelow(folder)).length);
    }
    expect(Math.max(...counts)).toBe(8);
    expect(Math.min(...counts)).toBe(1);
  });

  it("take turns, each in its own segment", async () => {
    const drivers = [fileSystemDriver({ folder }), fileSystemDriver({ folder })] as const;
    let last = await save(drivers[0], turns(100) + trailer, undefined);
    for (let count = 101; count <= 140; count += 1) {
      last = await save(drivers[count % 2 === 0 ? 0 : 1], turns(count) + trailer, last);
    }
    expect(await textAt(fileSystemDriver({ folder }), key)).toBe(last.text);
    expect(await filesBelow(folder)).toHaveLength(2);
  });

  it("copy a small record instead of keeping each other's segments", async () => {
    let last = await save(fileSystemDriver({ folder }), turns(2) + trailer, undefined);
    last = await save(fileSystemDriver({ folder }), turns(3) + trailer, last);
    expect(await filesBelow(folder)).toEqual([segmentFile(last.version)]);
  });

  it("that lose a race leave nothing that counts", async () => {
    const driver = fileSystemDriver({ folder });
    const first = await save(driver, turns(100) + trailer, undefined);
    const racing = Array.from({ length: 8 }, (_, index) =>
      save(driver, `${turns(100)}${index}${trailer}`, first).catch(() => undefined),
    );
    const [winner, ...others] = (await Promise.all(racing)).filter((result) => result !== undefined);
    expect(others).toEqual([]);
    expect(await textAt(driver, key)).toBe(winner?.text);
    const next = winner && (await save(driver, `${turns(100)} next${trailer}`, winner));
    expect(await textAt(fileSystemDriver({ folder }), key)).toBe(next?.text);
  });
});

it("whatever is saved by whichever process is read by all", async () => {
  const step = fc.record({
    driver: fc.nat({ max: 3 }),
    keep: fc.double({ min: 0, max: 1, noNaN: true }),
    added: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 200_000 })),
    restarts: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const place = await temporaryFolder();
      const drivers = Array.from({ length: 4 }, () =>
        fileSystemDriver({ folder: place, durability: "process" }),
      );
      let last: { version: string; text: string } | undefined;
      for (const [index, { driver, keep, added, restarts }] of steps.entries()) {
        if (restarts) drivers[driver] = fileSystemDriver({ folder: place, durability: "process" });
        const writer = drivers[driver] ?? fileSystemDriver({ folder: place });
        const kept = last?.text.slice(0, Math.floor(keep * (last.text.length - trailer.length))) ?? "";
        last = await save(writer, `${kept}${`${index} `.padEnd(added, "+")}${trailer}`, last);
        expect((await textAt(writer, key)) === last.text).toBe(true);
        expect((await textAt(fileSystemDriver({ folder: place }), key)) === last.text).toBe(true);
      }
    }),
    { numRuns: 40, seed: 1 },
  );
});

describe("a reader that knows the version", () => {
  it("is not sent it again, and is once it changed", async () => {
    const driver = fileSystemDriver({ folder });
    const first = await save(driver, "one", undefined);
    expect(await driver.read(key, first.version, options)).toEqual({
      version: first.version,
      bytes: undefined,
    });
    const second = await save(driver, "two", first);
    expect(await driver.read(key, first.version, options)).toEqual({
      version: second.version,
      bytes: Buffer.from("two"),
    });
  });
});

describe("damage", () => {
  async function grown(): Promise<{ driver: ThreadDriver; version: string; file: string; text: string }> {
    const driver = fileSystemDriver({ folder });
    const first = await save(driver, turns(100) + trailer, undefined);
    const { version, text } = await save(driver, `${turns(100)} more${trailer}`, first);
    return { driver, version, file: join(folder, segmentFile(version)), text };
  }

  it.each([
    ["cut", (file: string) => truncate(file, 100_050)],
    ["without its last line", async (file: string) => truncate(file, (await stat(file)).size - 10)],
    [
      "pointing at itself",
      async (file: string) => {
        const end = (await stat(file)).size;
        const text = await readFile(file, "latin1");
        await writeFile(
          file,
          text.replaceAll(/"previous":"([0-9a-f]+)-[0-9a-f]+"/g, `"previous":"$1-${end.toString(16)}"`),
        );
      },
    ],
    [
      "claiming to have kept more than there was",
      async (file: string) => {
        const text = await readFile(file, "latin1");
        await writeFile(file, text.replaceAll(/"keep":100000/g, '"keep":999999'));
      },
    ],
  ])("of a segment that is %s is CORRUPT, and can be written over", async (_, harm) => {
    const { driver, version, file, text } = await grown();
    await harm(file);
    const store = createThreadStore(driver);
    await expect(store.load("thread")).rejects.toMatchObject({ code: "CORRUPT" });
    expect(await textAt(driver, key)).not.toBe(text);
    await driver.write(key, recordOf("whole"), version, options);
    expect(await textAt(driver, key)).toBe("whole");
    expect(await filesBelow(folder)).toHaveLength(1);
  });

  it("behind the last frame is what a crash leaves, and harms nothing", async () => {
    const { driver, version, file, text } = await grown();
    await appendFile(file, "half a fra");
    expect(await textAt(driver, key)).toBe(text);
    const next = await save(driver, `${turns(100)} more and more${trailer}`, { version, text });
    expect(await textAt(fileSystemDriver({ folder }), key)).toBe(next.text);
    expect(await readdir(join(folder, "threads", "thread", next.version))).toHaveLength(1);
  });
});
