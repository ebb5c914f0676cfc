import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Version } from "@threadstore/core";
import type { AsyncThreadDriver } from "@threadstore/core/driver";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  driverErrorFrom,
  filesBelow,
  keyOf,
  listIds,
  openDriver,
  options,
  recordOf,
  segmentPath,
  temporaryFolder,
  textOf,
  writeText,
} from "./file-system.test-helper.ts";
import {
  interception,
  pauseBefore,
  resetInterception,
  VERSION_FOLDER,
} from "./intercepted-io.test-helper.ts";

vi.mock("./system/synchronous-io.ts", async (importOriginal) =>
  (await import("./intercepted-io.test-helper.ts")).interceptIo(await importOriginal()),
);
vi.mock("node:fs/promises", async (importOriginal) =>
  (await import("./intercepted-io.test-helper.ts")).interceptRm(await importOriginal()),
);

let folder: string;
let driver: AsyncThreadDriver;
const KEY = keyOf("thread");

beforeEach(async () => {
  folder = await temporaryFolder();
  driver = openDriver({ folder });
});
afterEach(resetInterception);

function save(expectedVersion: Version | undefined, text: string): Promise<Version> {
  return writeText(driver, KEY, text, expectedVersion);
}

describe("a save that is paused before its commit point", () => {
  it.each([1, 20, 200])("loses after %i other saves", async (count) => {
    const first = await save(undefined, "first");
    const paused = pauseBefore("rename", VERSION_FOLDER);
    const late = driver.write(KEY, recordOf("late"), first, options);
    await paused.reached;
    let version = first;
    for (let done = 1; done <= count; done += 1) version = await save(version, `save ${done}`);
    paused.resume();
    expect(await late).toBeUndefined();
    expect(await textOf(driver, KEY)).toBe(`save ${count}`);
    expect(await filesBelow(folder)).toEqual([segmentPath(version)]);
  });

  it("loses after the thread was deleted and created again", async () => {
    const first = await save(undefined, "same");
    const paused = pauseBefore("rename", VERSION_FOLDER);
    const late = driver.write(KEY, recordOf("late"), first, options);
    await paused.reached;
    expect(await driver.delete(KEY, first, options)).toBe(true);
    expect(await driver.read(KEY, undefined, options)).toBeUndefined();
    await save(undefined, "same");
    paused.resume();
    expect(await late).toBeUndefined();
    expect(await textOf(driver, KEY)).toBe("same");
  });

  it("wins if nothing else changed, even if its record looks like an old leftover", async () => {
    const first = await save(undefined, "first");
    const paused = pauseBefore("rename", VERSION_FOLDER);
    const late = driver.write(KEY, recordOf("late"), first, options);
    await paused.reached;
    const old = new Date(Date.now() - 24 * 60 * 60 * 1000);
    for (const file of await filesBelow(folder)) await utimes(join(folder, file), old, old);
    await openDriver({ folder }).write(keyOf("other"), recordOf("x"), undefined, options);
    paused.resume();
    expect(await late).toMatch(/./);
    expect(await textOf(driver, KEY)).toBe("late");
  });

  it("gives up if it was aborted, and withdraws its record", async () => {
    const first = await save(undefined, "first");
    const controller = new AbortController();
    const paused = pauseBefore("sync", VERSION_FOLDER);
    const late = driver.write(KEY, recordOf("late"), first, { signal: controller.signal });
    await paused.reached;
    controller.abort(new Error("aborted"));
    paused.resume();
    await expect(late).rejects.toBe(controller.signal.reason);
    expect(await filesBelow(folder)).toEqual([segmentPath(first)]);
  });
});

describe("a creation that is paused before its commit point", () => {
  it("loses to another creation, and removes its staged folder", async () => {
    const paused = pauseBefore("rename", /\.tmp/);
    const late = driver.write(KEY, recordOf("late"), undefined, options);
    await paused.reached;
    await save(undefined, "early");
    paused.resume();
    expect(await late).toBeUndefined();
    expect(await textOf(driver, KEY)).toBe("early");
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
    expect(await readdir(join(folder, ".trash"))).toEqual([]);
  });

  it("succeeds if the other thread is deleted before it looks again", async () => {
    const paused = pauseBefore("rename", /\.tmp/);
    const late = driver.write(KEY, recordOf("late"), undefined, options);
    await paused.reached;
    const early = await save(undefined, "early");
    const failedRename = pauseBefore("rename failed", /\.tmp/);
    paused.resume();
    await failedRename.reached;
    await driver.delete(KEY, early, options);
    failedRename.resume();
    expect(await late).toMatch(/./);
    expect(await textOf(driver, KEY)).toBe("late");
  });

  it("throws UNAVAILABLE if maintenance removed its staged folder, and can be retried", async () => {
    const paused = pauseBefore("rename", /\.tmp/);
    const late = driver.write(KEY, recordOf("late"), undefined, options);
    await paused.reached;
    const [staged = ""] = await readdir(join(folder, ".tmp"));
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(join(folder, ".tmp", staged), old, old);
    await openDriver({ folder }).write(keyOf("other"), recordOf("x"), undefined, options);
    paused.resume();
    const error = await driverErrorFrom(late);
    expect(error).toMatchObject({ code: "UNAVAILABLE", effect: "none" });
    expect(await driver.read(KEY, undefined, options)).toBeUndefined();
    await save(undefined, "again");
  });

  it("finds its staged folder complete or not at all while maintenance removes it", async () => {
    const paused = pauseBefore("rename", /\.tmp/);
    const late = driver.write(KEY, recordOf("late"), undefined, options);
    await paused.reached;
    const [staged = ""] = await readdir(join(folder, ".tmp"));
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(join(folder, ".tmp", staged), old, old);
    const removal = pauseBefore("rm", /./);
    const otherWrite = openDriver({ folder }).write(keyOf("other"), recordOf("x"), undefined, options);
    await removal.reached;
    paused.resume();
    expect(await driverErrorFrom(late)).toMatchObject({
      code: "UNAVAILABLE",
      cause: { code: "ENOENT" },
    });
    removal.resume();
    await otherWrite;
    expect(await driver.read(KEY, undefined, options)).toBeUndefined();
  });

  it("gives up if it was aborted, and leaves nothing", async () => {
    await driver.write(keyOf("other"), recordOf("x"), undefined, options);
    const controller = new AbortController();
    const paused = pauseBefore("sync", /\.tmp/);
    const late = driver.write(KEY, recordOf("late"), undefined, { signal: controller.signal });
    await paused.reached;
    controller.abort(new Error("aborted"));
    paused.resume();
    await expect(late).rejects.toBe(controller.signal.reason);
    expect(await filesBelow(folder)).toHaveLength(1);
    expect(await listIds(driver)).toEqual(["other"]);
  });

  it("succeeds if the namespace's folder was removed with its last thread", async () => {
    const last = keyOf("last", "tenant");
    const version = await driver.write(last, recordOf("x"), undefined, options);
    const paused = pauseBefore("rename", /\.tmp/);
    const late = driver.write(keyOf("next", "tenant"), recordOf("y"), undefined, options);
    await paused.reached;
    expect(await driver.delete(last, `${version}`, options)).toBe(true);
    expect(await readdir(join(folder, "namespaces"))).toEqual([]);
    paused.resume();
    expect(await late).toMatch(/./);
    expect(await listIds(driver, "tenant")).toEqual(["next"]);
  });
});

describe("a delete", () => {
  it("that is paused before its commit point loses to a save", async () => {
    const first = await save(undefined, "first");
    const paused = pauseBefore("rename", VERSION_FOLDER);
    const late = driver.delete(KEY, first, options);
    await paused.reached;
    await save(first, "second");
    paused.resume();
    expect(await late).toBe(false);
    expect(await textOf(driver, KEY)).toBe("second");
  });

  it("that is paused after its commit point does not touch a thread created since", async () => {
    const first = await save(undefined, "first");
    const paused = pauseBefore("sync", /threads\/thread$/);
    const late = driver.delete(KEY, first, options);
    await paused.reached;
    expect(await driver.read(KEY, undefined, options)).toBeUndefined();
    expect(await listIds(driver)).toEqual([]);
    await save(undefined, "second");
    paused.resume();
    expect(await late).toBe(true);
    expect(await textOf(driver, KEY)).toBe("second");
  });
});

describe("a winner that is paused before it removes the old record", () => {
  it.each(["renamed", "sync"])("does not affect a later save (%s)", async (step) => {
    const first = await save(undefined, "first");
    const winner = pauseBefore(step, step === "sync" ? /threads\/thread$/ : VERSION_FOLDER);
    const second = driver.write(KEY, recordOf("second"), first, options);
    await winner.reached;
    const [version = ""] = await readdir(join(folder, "threads", "thread"));
    const next = pauseBefore("rename", VERSION_FOLDER);
    const third = driver.write(KEY, recordOf("third"), version, options);
    await next.reached;
    winner.resume();
    expect(await second).toBe(version);
    next.resume();
    expect(await third).toMatch(/./);
    expect(await textOf(driver, KEY)).toBe("third");
    expect(await filesBelow(folder)).toHaveLength(1);
  });
});

describe("a reader", () => {
  it("never misses a thread or sees a part of one while it is saved", async () => {
    const textOfRound = (round: number) => `${round} ${"x".repeat(200_000)} ${round}`;
    let version = await save(undefined, textOfRound(0));
    const saving = new AbortController();
    let reads = 0;
    const readers = Array.from({ length: 4 }, async () => {
      for (let newest = 0; !saving.signal.aborted; reads += 1) {
        const [, round, end] = /^(\d+) x+ (\d+)$/.exec((await textOf(driver, KEY)) ?? "") ?? [];
        expect(round).toBeDefined();
        expect(end).toBe(round);
        expect(Number(round)).toBeGreaterThanOrEqual(newest);
        newest = Number(round);
        expect(await listIds(driver)).toEqual(["thread"]);
        // Core does this too: the driver is synchronous, and a loop of reads would block the saves.
        await new Promise(setImmediate);
      }
    });
    for (let round = 1; round <= 200; round += 1) version = await save(version, textOfRound(round));
    saving.abort();
    await Promise.all(readers);
    expect(reads).toBeGreaterThan(20);
  });
});

describe("a file system whose listings are not snapshots", () => {
  it("may list no name during a rename, and the thread is still read", async () => {
    await save(undefined, "first");
    let hidden = 0;
    interception.listed = (path, names) => {
      if (hidden > 0 || !path.endsWith(join("threads", "thread"))) return names;
      hidden += 1;
      return [];
    };
    expect(await textOf(driver, KEY)).toBe("first");
    expect(hidden).toBe(1);
  });

  it("may list the old name and the new one, and the new one is read", async () => {
    const first = await save(undefined, "first");
    const second = await save(first, "second");
    interception.listed = (path, names) => {
      resetInterception();
      return path.endsWith(join("threads", "thread")) ? [first, ...names] : names;
    };
    expect(await driver.read(KEY, undefined, options)).toMatchObject({ version: second });
  });
});

describe("concurrent calls", () => {
  it("have one winner among 16 creations, 20 times", async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = keyOf(`round ${round}`);
      const calls = Array.from({ length: 16 }, (_, index) =>
        driver.write(id, recordOf(String(index)), undefined, options),
      );
      const results = await Promise.all(calls);
      const winners = results.flatMap((version, index) => (version === undefined ? [] : [String(index)]));
      expect(winners).toHaveLength(1);
      expect(await textOf(driver, id)).toBe(winners[0]);
    }
    expect(await filesBelow(folder)).toHaveLength(20);
  });

  it("have one winner among 16 saves and deletes of one version, 20 times", async () => {
    for (let round = 0; round < 20; round += 1) {
      const version = await save(undefined, "start");
      const calls = Array.from({ length: 16 }, async (_, index) =>
        index % 4 === 0
          ? (await driver.delete(KEY, version, options)) && ""
          : driver.write(KEY, recordOf(String(index)), version, options),
      );
      const winners = (await Promise.all(calls)).filter((result) => typeof result === "string");
      expect(winners).toHaveLength(1);
      const current = await driver.read(KEY, undefined, options);
      expect(current?.version ?? "").toBe(winners[0]);
      if (current) await driver.delete(KEY, current.version, options);
    }
    expect(await filesBelow(folder)).toEqual([]);
  });
});
