import { readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Version } from "@threadstore/core";
import { ALL_BY_ID, type AsyncThreadDriver } from "@threadstore/core/driver";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createFixture,
  filesBelow,
  keyOf,
  openDriver,
  options,
  recordOf,
  segmentPath,
  textOf,
  writeText,
} from "./file-system.test-helper.ts";

let parent: string;
let folder: string;
let driver: AsyncThreadDriver;

beforeEach(async () => {
  ({ parent, folder, driver } = await createFixture());
});

function create(id: string, text = id, namespace = ""): Promise<Version> {
  return writeText(driver, keyOf(id, namespace), text);
}

const UNUSED_VERSION = `${"0".repeat(32)}-${"0".repeat(24)}-10`;

describe("a record", () => {
  it("is created once, and replaced and deleted only at its version", async () => {
    const key = keyOf("thread");
    const first = await create("thread", "one");
    expect(await driver.write(key, recordOf("other"), undefined, options)).toBeUndefined();
    expect(await driver.read(key, undefined, options)).toEqual({ version: first, bytes: Buffer.from("one") });

    const second = await driver.write(key, recordOf("two"), first, options);
    expect(second).toMatch(/^[0-9a-f]{32}-[0-9a-f]{24}-[0-9a-f]+$/);
    expect(await driver.write(key, recordOf("other"), first, options)).toBeUndefined();
    expect(await driver.delete(key, first, options)).toBe(false);
    expect(await driver.read(key, undefined, options)).toEqual({
      version: second,
      bytes: Buffer.from("two"),
    });

    expect(await driver.delete(key, second as string, options)).toBe(true);
    expect(await driver.delete(key, second as string, options)).toBe(false);
    expect(await driver.read(key, undefined, options)).toBeUndefined();
    expect(await driver.write(key, recordOf("other"), second, options)).toBeUndefined();
  });

  it("is readable in a file, and a save leaves only that file", async () => {
    const version = await create("user-42", "{}");
    const next = await driver.write(keyOf("user-42"), recordOf("[]"), version, options);
    expect(await filesBelow(folder)).toEqual([segmentPath(`${next}`, "user-42")]);
    await create("user-42", "{}", "Tenant/1");
    expect(await readdir(join(folder, "namespaces"))).toEqual(["%54enant%2f1"]);
  });

  it("leaves no file when it is deleted", async () => {
    for (const namespace of ["", "tenant"]) {
      const version = await create("x".repeat(256), "{}", namespace);
      expect(await driver.delete(keyOf("x".repeat(256), namespace), version, options)).toBe(true);
    }
    expect(await filesBelow(parent)).toEqual([]);
    expect((await readdir(folder, { recursive: true })).toSorted()).toEqual([
      ".tmp",
      ".trash",
      "namespaces",
      "threads",
    ]);
  });

  it("that was deleted and created again does not match an earlier version", async () => {
    const earlierVersion = await create("thread", "same");
    await driver.delete(keyOf("thread"), earlierVersion, options);
    expect(await create("thread", "same")).not.toBe(earlierVersion);
    expect(await driver.write(keyOf("thread"), recordOf("stale"), earlierVersion, options)).toBeUndefined();
    expect(await driver.delete(keyOf("thread"), earlierVersion, options)).toBe(false);
    expect(await textOf(driver, keyOf("thread"))).toBe("same");
  });

  it.each([
    "",
    "*",
    '"',
    "0",
    "..",
    "../other",
    `${UNUSED_VERSION}.segment`,
    UNUSED_VERSION.slice(1),
    `${UNUSED_VERSION}0`,
    UNUSED_VERSION,
  ])("does not match the version %j", async (invalidVersion) => {
    const version = await create("thread");
    await create("other");
    for (const expected of [
      invalidVersion,
      version.toUpperCase(),
      version.slice(1),
      `${version}/`,
      `./${version}`,
    ]) {
      expect(await driver.write(keyOf("thread"), recordOf("x"), expected, options)).toBeUndefined();
      expect(await driver.delete(keyOf("thread"), expected, options)).toBe(false);
    }
    expect(await textOf(driver, keyOf("thread"))).toBe("thread");
  });

  it("does not match another record's version", async () => {
    const left = await create("left");
    await create("right");
    expect(await driver.write(keyOf("right"), recordOf("x"), left, options)).toBeUndefined();
    expect(await driver.delete(keyOf("right"), left, options)).toBe(false);
  });

  it("has permissions for its owner only, unless the options set others", async () => {
    const version = await create("thread");
    const thread = join(folder, "threads", "thread", version);
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    for (const created of [join(parent, "a"), folder, join(folder, "threads"), thread]) {
      expect(await modeOf(created)).toBe(0o700);
    }
    expect(await modeOf(join(folder, segmentPath(version)))).toBe(0o600);

    const shared = openDriver({ folder: join(parent, "shared"), folderMode: 0o750, fileMode: 0o640 });
    const other = await shared.write(keyOf("thread"), recordOf("x"), undefined, options);
    const record = join(parent, "shared", segmentPath(`${other}`));
    expect(await modeOf(join(record, ".."))).toBe(0o750);
    expect(await modeOf(record)).toBe(0o640);
  });

  it("is stored without syncing if `durability` is `process`", async () => {
    driver = openDriver({ folder, durability: "process" });
    const version = await create("thread");
    const next = await driver.write(keyOf("thread"), recordOf("two"), version, options);
    expect(await textOf(openDriver({ folder }), keyOf("thread"))).toBe("two");
    expect(await driver.delete(keyOf("thread"), `${next}`, options)).toBe(true);
  });

  it("is not changed by a call that was aborted", async () => {
    const version = await create("thread");
    const signal = AbortSignal.abort(new Error("aborted"));
    for (const call of [
      () => driver.read(keyOf("thread"), undefined, { signal }),
      () => driver.write(keyOf("thread"), recordOf("x"), version, { signal }),
      () => driver.write(keyOf("new"), recordOf("x"), undefined, { signal }),
      () => driver.delete(keyOf("thread"), version, { signal }),
      () => driver.list("", { ...ALL_BY_ID, limit: 10 }, { signal }),
    ]) {
      await expect(call()).rejects.toBe(signal.reason);
    }
    expect(await filesBelow(folder)).toEqual([segmentPath(version)]);
  });
});

describe("a corrupt record", () => {
  it.each(["truncated", "emptied", "removed"])("that was %s is returned, not hidden", async (kind) => {
    const version = await create("thread", "0123456789");
    const file = join(folder, segmentPath(version));
    if (kind === "removed") await rm(file);
    else await writeFile(file, kind === "truncated" ? "0123" : "");
    const remainder = kind === "truncated" ? "0123" : "";
    expect(await textOf(driver, keyOf("thread"))).toBe(remainder);
    expect((await driver.read(keyOf("thread"), undefined, options))?.version).toBe(version);
    const { records } = await driver.list("", { ...ALL_BY_ID, limit: 2 }, options);
    expect(records.map(({ tail, ...record }) => ({ ...record, tail: String(Buffer.from(tail)) }))).toEqual([
      { id: "thread", version, tail: remainder },
    ]);
    expect(await driver.write(keyOf("thread"), recordOf("x"), undefined, options)).toBeUndefined();
    const next = await driver.write(keyOf("thread"), recordOf("whole"), version, options);
    expect(await textOf(driver, keyOf("thread"))).toBe("whole");
    expect(await driver.delete(keyOf("thread"), `${next}`, options)).toBe(true);
  });

  it("can be deleted", async () => {
    const version = await create("thread", "0123456789");
    await rm(join(folder, segmentPath(version)));
    expect(await driver.delete(keyOf("thread"), version, options)).toBe(true);
    expect(await driver.read(keyOf("thread"), undefined, options)).toBeUndefined();
  });

  it("that was replaced by a link is not followed", async () => {
    const version = await create("thread");
    const file = join(folder, segmentPath(version));
    await writeFile(join(parent, "secret"), "secret");
    await rm(file);
    await symlink(join(parent, "secret"), file);
    expect(await textOf(driver, keyOf("thread"))).toBe("");
  });
});
