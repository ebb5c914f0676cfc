import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Version } from "@threadstore/core";
import { ALL_BY_ID, type AsyncThreadDriver } from "@threadstore/core/driver";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createFixture,
  driverErrorFrom,
  keyOf,
  listIds,
  options,
  recordOf,
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

describe("the store's folder", () => {
  it("is created by the first write, and not by reads", async () => {
    expect(await driver.read(keyOf("thread"), undefined, options)).toBeUndefined();
    expect(await listIds(driver)).toEqual([]);
    expect(await listIds(driver, "tenant")).toEqual([]);
    await driver.close();
    expect(await readdir(parent)).toEqual([]);
  });

  it("that is a file throws MISCONFIGURED", async () => {
    await writeFile(join(parent, "a"), "");
    for (const call of [
      () => driver.read(keyOf("thread"), undefined, options),
      () => driver.write(keyOf("thread"), recordOf("x"), undefined, options),
      () => driver.delete(keyOf("thread"), UNUSED_VERSION, options),
      () => driver.list("", { ...ALL_BY_ID, limit: 10 }, options),
    ]) {
      const error = await driverErrorFrom(call());
      expect(error).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
    }
  });

  it("can be removed and is created again", async () => {
    await create("thread");
    await rm(folder, { recursive: true });
    expect(await driver.read(keyOf("thread"), undefined, options)).toBeUndefined();
    expect(await create("thread")).toMatch(/./);
  });

  it("may hold other files and folders, which are not threads", async () => {
    await create("thread");
    await writeFile(join(folder, "threads", "readme.txt"), "");
    await writeFile(join(folder, "threads", ".DS_Store"), "");
    for (const name of ["Upper", "lost+found", `${"x".repeat(120)}~${"0".repeat(64)}`, "empty"]) {
      await mkdir(join(folder, "threads", name));
    }
    await symlink("thread", join(folder, "threads", "link"));
    expect(await listIds(driver)).toEqual(["thread"]);
  });

  it("throws MISCONFIGURED if another file is where a thread is to be created", async () => {
    await mkdir(join(folder, "threads", "thread"), { recursive: true });
    expect(await create("thread")).toMatch(/./);
    await mkdir(join(folder, "threads", "other"));
    await writeFile(join(folder, "threads", "other", ".DS_Store"), "");
    const error = await driverErrorFrom(create("other"));
    expect(error).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
    expect(await driver.read(keyOf("other"), undefined, options)).toBeUndefined();
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
  });
});
