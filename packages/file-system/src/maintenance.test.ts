import { chmod, mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Version } from "@threadstore/core";
import type { AsyncThreadDriver } from "@threadstore/core/driver";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createFixture,
  keyOf,
  listIds,
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

const OLD_TIME = new Date(Date.now() - 2 * 60 * 60 * 1000);

describe("a leftover", () => {
  async function plant(path: string, time?: Date): Promise<void> {
    await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, path, "leftover.json"), "");
    if (time) await utimes(join(folder, path), time, time);
  }

  it("of a crashed process is removed by the first write of another process, once it is old enough", async () => {
    await plant(".tmp/old", OLD_TIME);
    await plant(".tmp/new");
    await plant(".trash/any");
    expect(await listIds(driver)).toEqual([]);
    await create("thread");
    expect(await readdir(join(folder, ".tmp"))).toEqual(["new"]);
    expect(await readdir(join(folder, ".trash"))).toEqual([]);
  });

  it("next to a record is removed by the next save", async () => {
    const version = await create("thread");
    const leftover = join(folder, "threads", "thread", version, `${"0".repeat(24)}.segment`);
    await writeFile(leftover, "half a rec");
    expect(await textOf(driver, keyOf("thread"))).toBe("thread");
    expect(await listIds(driver)).toEqual(["thread"]);
    const next = await driver.write(keyOf("thread"), recordOf("next"), version, options);
    expect(await readdir(join(folder, "threads", "thread", `${next}`))).toEqual([
      basename(segmentPath(`${next}`)),
    ]);
  });

  it("is not removed through a link", async () => {
    await mkdir(join(parent, "precious"));
    await writeFile(join(parent, "precious", "file"), "precious");
    await mkdir(folder, { recursive: true });
    await symlink(join(parent, "precious"), join(folder, ".trash"));
    await symlink(join(parent, "precious"), join(folder, ".tmp"));
    await utimes(join(parent, "precious", "file"), OLD_TIME, OLD_TIME);
    await create("thread").catch((error: unknown) => error);
    expect(await readFile(join(parent, "precious", "file"), "utf8")).toBe("precious");
  });

  it("that cannot be removed does not fail a save", async () => {
    await plant(".trash/stuck/within");
    await chmod(join(folder, ".trash/stuck"), 0o000);
    expect(await create("thread")).toMatch(/./);
  });
});
