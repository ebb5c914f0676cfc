import { execFileSync } from "node:child_process";
import { mkdir, readdir, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { fileSystemStore } from "./file-system-store.ts";
import { temporaryFolder } from "./file-system.test-helper.ts";

let folder: string;

beforeEach(async () => {
  folder = join(await temporaryFolder(), "store");
});

describe("a folder that is removed while the store is open", () => {
  it.each(["", ".trash", ".tmp", "namespaces", "threads"])("is created again: %j", async (name) => {
    const store = fileSystemStore({ folder });
    await store.save("x", { n: 1 });
    await store.namespace("n").save("x", { n: 1 });
    await rm(join(folder, name), { recursive: true });
    const created = await store.save("y", { n: 1 });
    await store.namespace("m").save("y", { n: 1 });
    await store.save("y", { n: 2 }, { previous: created });
    expect((await store.load("y"))?.thread).toEqual({ n: 2 });
    await rm(join(folder, name), { recursive: true, force: true });
    await store.delete("y");
    expect(await store.load("y")).toBeUndefined();
    expect(await store.delete("y")).toBe(false);
    expect(await store.deleteExpired()).toEqual({ deleted: 0 });
  });
});

/** Puts something else in the place of a file or folder. */
const REPLACEMENTS: readonly [string, (path: string) => Promise<unknown>][] = [
  ["a folder", (path) => mkdir(path)],
  ["a link to a file", (path) => symlink("/etc/hostname", path)],
  ["a link to nothing", (path) => symlink("nothing", path)],
  ["a link to itself", (path) => symlink(path, path)],
  ["a pipe", async (path) => execFileSync("mkfifo", [path])],
  ["nothing", async () => {}],
];

const LONG_ID = "long ".repeat(50);

describe.each(REPLACEMENTS)("%s in the place of a segment", (_, replace) => {
  it.each(["this store", "another process"])(
    "is a CORRUPT thread and disturbs no other: saved by %s",
    async (writer) => {
      const first = fileSystemStore({ folder });
      for (const id of ["a", "b", "c", "d"]) await first.save(id, { id });
      for (const id of ["b", "c", "d"]) await damageSegment(id, replace);
      const store = writer === "this store" ? first : fileSystemStore({ folder });
      await expect(store.load("b")).rejects.toMatchObject({ code: "CORRUPT" });
      const { threads } = await store.listPage();
      expect(threads.map(({ id, corrupt }) => [id, corrupt])).toEqual([
        ["a", false],
        ["b", true],
        ["c", true],
        ["d", true],
      ]);
      expect(await store.deleteExpired()).toEqual({ deleted: 0 });
      expect(await store.delete("b")).toBe(true);
      const saved = await store.save("c", { n: 1 }, { overwrite: true });
      await store.save("c", { n: 2 }, { previous: saved });
      expect((await store.load("c"))?.thread).toEqual({ n: 2 });
      expect(await store.delete("d", { previous: threads[3]?.version })).toBe(true);
    },
  );
});

async function damageSegment(id: string, replace: (path: string) => Promise<unknown>): Promise<void> {
  const thread = join(folder, "threads", id);
  const [version = ""] = await readdir(thread);
  const [segment = ""] = await readdir(join(thread, version));
  await unlink(join(thread, version, segment));
  await replace(join(thread, version, segment));
}

describe("other damage", () => {
  it("to the file that holds a long id hides only that thread", async () => {
    for (const [, replace] of REPLACEMENTS) {
      const store = fileSystemStore({ folder });
      await store.save("a", {});
      await store.save(LONG_ID, {});
      const [name = ""] = (await readdir(join(folder, "threads"))).filter((each) => each !== "a");
      const [version = ""] = await readdir(join(folder, "threads", name));
      const idFile = join(folder, "threads", name, version, "id");
      await unlink(idFile);
      await replace(idFile);
      expect((await store.listPage()).threads.map(({ id }) => id)).toEqual(["a"]);
      expect(await store.load(LONG_ID)).toBeDefined();
      await rm(folder, { recursive: true });
    }
  });

  it("that turns the folder of a version into a file is a CORRUPT thread", async () => {
    const store = fileSystemStore({ folder });
    for (const id of ["a", "b"]) await store.save(id, {});
    const thread = join(folder, "threads", "a");
    const [version = ""] = await readdir(thread);
    await rename(join(thread, version), join(folder, "moved"));
    await writeFile(join(thread, version), "");
    await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT" });
    expect((await store.listPage()).threads.map(({ corrupt }) => corrupt)).toEqual([true, false]);
    expect(await store.delete("a")).toBe(true);
    await store.save("a", {});
  });

  it("with frames that refer to one another does not block a load", async () => {
    const [one, two] = ["a".repeat(24), "b".repeat(24)];
    const length = 120;
    const segment = (other: string): Buffer => {
      const fields = {
        keep: 5,
        length: 1,
        previous: `${other}-${length.toString(16)}`,
        storedBefore: 1,
        others: [other],
      };
      const footer = `\n${JSON.stringify(fields)}\n`;
      return Buffer.from(footer.padStart(length));
    };
    const version = join(folder, "threads", "x", `${"0".repeat(32)}-${one}-${length.toString(16)}`);
    await mkdir(version, { recursive: true });
    await writeFile(join(version, `${one}.segment`), segment(two));
    await writeFile(join(version, `${two}.segment`), segment(one));
    await expect(fileSystemStore({ folder }).load("x")).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

it("errors name the folder of the store", async () => {
  await writeFile(folder, "");
  const failing = { code: "MISCONFIGURED", message: expect.stringContaining(folder) };
  const store = fileSystemStore({ folder });
  await expect(store.save("a", {})).rejects.toMatchObject(failing);
  await expect(store.load("a")).rejects.toMatchObject(failing);
  await expect(store.listPage()).rejects.toMatchObject(failing);
});
