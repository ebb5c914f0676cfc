import { appendFile, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ALL_BY_ID, createThreadStore, type AsyncThreadDriver } from "@threadstore/core/driver";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  filesBelow,
  keyOf,
  openDriver,
  options,
  recordOf,
  segmentPath,
  temporaryFolder,
  textOf,
} from "../file-system.test-helper.ts";

let folder: string;
const KEY = keyOf("thread");
const TRAILER = "<trailer>";

beforeEach(async () => {
  folder = await temporaryFolder();
});

/** Saves with the `unchanged` that core would pass. */
async function save(
  driver: AsyncThreadDriver,
  text: string,
  previous: { version: string; text: string } | undefined,
) {
  const bytes = Buffer.from(text);
  const previousBytes = Buffer.from(previous?.text ?? "");
  let unchanged = 0;
  const sharedLimit = Math.min(bytes.length, previousBytes.length);
  while (unchanged < sharedLimit && bytes[unchanged] === previousBytes[unchanged]) unchanged += 1;
  const record = { ...recordOf(text), unchanged, trailerLength: TRAILER.length };
  const version = await driver.write(KEY, record, previous?.version, options);
  if (version === undefined) throw new Error("The save lost a race.");
  return { version, text };
}

function turnsText(count: number, size = 1000): string {
  return Array.from({ length: count }, (_, turn) => `${turn}`.padEnd(size, ".")).join("");
}

async function sizes(): Promise<number[]> {
  const files = await filesBelow(folder);
  return Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
}

describe("a thread that grows", () => {
  it("is appended to one file, which is hardly larger than the record", async () => {
    const driver = openDriver({ folder });
    let last = await save(driver, turnsText(1) + TRAILER, undefined);
    for (let count = 2; count <= 200; count += 1) last = await save(driver, turnsText(count) + TRAILER, last);
    expect(await textOf(driver, KEY)).toBe(last.text);
    const [size = 0, ...others] = await sizes();
    expect(others).toEqual([]);
    expect(size).toBeLessThan(1.2 * last.text.length);
  });

  it("has its trailer and the 64 bytes before it in the last frame, where a listing and an append read them", async () => {
    const driver = openDriver({ folder });
    const first = await save(driver, turnsText(50) + TRAILER, undefined);
    const { version } = await save(driver, `${turnsText(50)} more${TRAILER}`, first);
    const { records } = await driver.list("", { ...ALL_BY_ID, limit: 2 }, options);
    expect(records.map(({ tail }) => String(Buffer.from(tail)))).toEqual([
      `${" more".padStart(64, ".")}${TRAILER}`,
    ]);
    expect(records[0]?.version).toBe(version);
  });

  it("may be edited in the middle, shortened or emptied", async () => {
    const driver = openDriver({ folder });
    let last = await save(driver, turnsText(100) + TRAILER, undefined);
    const cut = turnsText(100).slice(0, 70_000);
    for (const text of [`${cut}x`, `${cut.slice(0, 99)}y`, "", "z", turnsText(101)]) {
      last = await save(driver, text + TRAILER, last);
      expect(await textOf(driver, KEY)).toBe(last.text);
    }
  });

  it("and shares nothing with its previous record is appended by the owner of its only segment", async () => {
    const driver = openDriver({ folder });
    let last = await save(driver, `a${TRAILER}`, undefined);
    const files = new Set<string>();
    for (let round = 0; round < 10; round += 1) {
      last = await save(driver, `${round}${"x".repeat(1000)}${TRAILER}`, last);
      for (const file of await filesBelow(folder)) files.add(basename(file));
      expect(await textOf(driver, KEY)).toBe(last.text);
    }
    expect(files.size).toBe(1);
    last = await save(openDriver({ folder }), `b${TRAILER}`, last);
    const [file = "", ...others] = await filesBelow(folder);
    expect([others, files.has(basename(file))]).toEqual([[], false]);
    expect(await textOf(driver, KEY)).toBe(last.text);
  });

  it("is rewritten when its segments hold more unneeded bytes than needed ones", async () => {
    const driver = openDriver({ folder });
    let last = await save(driver, `${"x".repeat(1000)}${TRAILER}`, undefined);
    for (let round = 0; round < 300; round += 1) {
      last = await save(driver, `${"x".repeat(500)}${`${round}`.padEnd(500)}${TRAILER}`, last);
    }
    expect((await sizes()).reduce((sum, size) => sum + size, 0)).toBeLessThan(2 * 1000 + 65_536 + 1000);
    expect(await textOf(driver, KEY)).toBe(last.text);
  });
});

describe("several processes", () => {
  it("write separate segments, of which few are kept", async () => {
    let last = await save(openDriver({ folder }), turnsText(100) + TRAILER, undefined);
    const counts = new Set<number>();
    for (let count = 101; count <= 130; count += 1) {
      last = await save(openDriver({ folder }), turnsText(count) + TRAILER, last);
      expect(await textOf(openDriver({ folder }), KEY)).toBe(last.text);
      counts.add((await filesBelow(folder)).length);
    }
    expect(Math.max(...counts)).toBe(8);
  });

  it("append in turn, each to its own segment", async () => {
    const drivers = [openDriver({ folder }), openDriver({ folder })] as const;
    let last = await save(drivers[0], turnsText(100) + TRAILER, undefined);
    for (let count = 101; count <= 140; count += 1) {
      last = await save(drivers[count % 2 === 0 ? 0 : 1], turnsText(count) + TRAILER, last);
    }
    expect(await textOf(openDriver({ folder }), KEY)).toBe(last.text);
    expect(await filesBelow(folder)).toHaveLength(2);
  });

  it("copy a small record instead of keeping each other's segments", async () => {
    let last = await save(openDriver({ folder }), turnsText(2) + TRAILER, undefined);
    last = await save(openDriver({ folder }), turnsText(3) + TRAILER, last);
    expect(await filesBelow(folder)).toEqual([segmentPath(last.version)]);
  });

  it("that lose a race do not affect the record", async () => {
    const driver = openDriver({ folder });
    const first = await save(driver, turnsText(100) + TRAILER, undefined);
    const saves = Array.from({ length: 8 }, (_, index) =>
      save(driver, `${turnsText(100)}${index}${TRAILER}`, first).catch(() => undefined),
    );
    const [winner, ...others] = (await Promise.all(saves)).filter((result) => result !== undefined);
    expect(others).toEqual([]);
    expect(await textOf(driver, KEY)).toBe(winner?.text);
    const next = winner && (await save(driver, `${turnsText(100)} next${TRAILER}`, winner));
    expect(await textOf(openDriver({ folder }), KEY)).toBe(next?.text);
  });
});

it("every driver reads exactly what any driver saved", async () => {
  const step = fc.record({
    driver: fc.nat({ max: 3 }),
    shared: fc.double({ min: 0, max: 1, noNaN: true }),
    added: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 200_000 })),
    restarts: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const fixture = await temporaryFolder();
      const drivers = Array.from({ length: 4 }, () => openDriver({ folder: fixture, durability: "process" }));
      let last: { version: string; text: string } | undefined;
      for (const [index, { driver, shared, added, restarts }] of steps.entries()) {
        if (restarts) drivers[driver] = openDriver({ folder: fixture, durability: "process" });
        const writer = drivers[driver] ?? openDriver({ folder: fixture });
        const prefix = last?.text.slice(0, Math.floor(shared * (last.text.length - TRAILER.length))) ?? "";
        last = await save(writer, `${prefix}${`${index} `.padEnd(added, "+")}${TRAILER}`, last);
        expect((await textOf(writer, KEY)) === last.text).toBe(true);
        expect((await textOf(openDriver({ folder: fixture }), KEY)) === last.text).toBe(true);
      }
    }),
    { numRuns: 40, seed: 1 },
  );
});

describe("a read with a cached version", () => {
  it("returns no bytes until the version changes", async () => {
    const driver = openDriver({ folder });
    const first = await save(driver, "one", undefined);
    expect(await driver.read(KEY, first.version, options)).toEqual({
      version: first.version,
      bytes: undefined,
    });
    const second = await save(driver, "two", first);
    expect(await driver.read(KEY, first.version, options)).toEqual({
      version: second.version,
      bytes: Buffer.from("two"),
    });
  });
});

describe("a corrupt segment", () => {
  async function growRecord(): Promise<{
    driver: AsyncThreadDriver;
    version: string;
    file: string;
    text: string;
  }> {
    const driver = openDriver({ folder });
    const first = await save(driver, turnsText(100) + TRAILER, undefined);
    const { version, text } = await save(driver, turnsText(100) + "more".repeat(16) + TRAILER, first);
    return { driver, version, file: join(folder, segmentPath(version)), text };
  }

  it.each([
    ["truncated", (file: string) => truncate(file, 100_050)],
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
      "referring to more bytes than the previous record has",
      async (file: string) => {
        const text = await readFile(file, "latin1");
        await writeFile(file, text.replaceAll(/"keep":100000/g, '"keep":999999'));
      },
    ],
  ])("that is %s makes the record CORRUPT, which can be overwritten", async (_, corrupt) => {
    const { driver, version, file, text } = await growRecord();
    await corrupt(file);
    const store = createThreadStore(driver);
    await expect(store.load("thread")).rejects.toMatchObject({ code: "CORRUPT" });
    expect(await textOf(driver, KEY)).not.toBe(text);
    await driver.write(KEY, recordOf("whole"), version, options);
    expect(await textOf(driver, KEY)).toBe("whole");
    expect(await filesBelow(folder)).toHaveLength(1);
  });

  it("with a partial frame at its end, as a crash leaves it, does not affect the record", async () => {
    const { driver, version, file, text } = await growRecord();
    await appendFile(file, "half a fra");
    expect(await textOf(driver, KEY)).toBe(text);
    const next = await save(driver, `${turnsText(100)} more and more${TRAILER}`, { version, text });
    expect(await textOf(openDriver({ folder }), KEY)).toBe(next.text);
    expect(await readdir(join(folder, "threads", "thread", next.version))).toHaveLength(1);
  });
});
