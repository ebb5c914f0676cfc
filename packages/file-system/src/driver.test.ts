import { chmod, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ThreadDriver } from "@threadstore/core";
import { beforeEach, describe, expect, it } from "vitest";
import { fileSystemDriver } from "./driver.ts";
import {
  filesBelow,
  idsIn,
  keyOf,
  options,
  recordOf,
  segmentFile,
  temporaryFolder,
  textAt,
} from "./file-system.test-helper.ts";

let parent: string;
let folder: string;
let driver: ThreadDriver;

beforeEach(async () => {
  parent = await temporaryFolder();
  folder = join(parent, "a", "store");
  driver = fileSystemDriver({ folder });
});

async function create(id: string, text = id, namespace = ""): Promise<string> {
  const version = await driver.write(keyOf(id, namespace), recordOf(text), undefined, options);
  if (version === undefined) throw new Error("there already");
  return version;
}

const never = `${"0".repeat(32)}-${"0".repeat(24)}-10`;
const oldTime = new Date(Date.now() - 2 * 60 * 60 * 1000);

describe("a record", () => {
  it("is created once, replaced at its version, and deleted at its version", async () => {
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

  it("lies readable in a file of its own, and a save leaves only that", async () => {
    const version = await create("user-42", "{}");
    const next = await driver.write(keyOf("user-42"), recordOf("[]"), version, options);
    expect(await filesBelow(folder)).toEqual([segmentFile(`${next}`, "user-42")]);
    await create("user-42", "{}", "Tenant/1");
    expect(await readdir(join(folder, "namespaces"))).toEqual(["%54enant%2f1"]);
  });

  it("leaves nothing behind when it is deleted", async () => {
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

  it("that was deleted and created anew is no match for a version from before", async () => {
    const before = await create("thread", "same");
    await driver.delete(keyOf("thread"), before, options);
    const after = await create("thread", "same");
    expect(after).not.toBe(before);
    expect(await driver.write(keyOf("thread"), recordOf("stale"), before, options)).toBeUndefined();
    expect(await driver.delete(keyOf("thread"), before, options)).toBe(false);
    expect(await textAt(driver, keyOf("thread"))).toBe("same");
  });

  it.each(["", "*", '"', "0", "..", "../other", `${never}.segment`, never.slice(1), `${never}0`, never])(
    "is no match for %j as its version",
    async (garbage) => {
      const version = await create("thread");
      await create("other");
      for (const expected of [
        garbage,
        version.toUpperCase(),
        version.slice(1),
        `${version}/`,
        `./${version}`,
      ]) {
        expect(await driver.write(keyOf("thread"), recordOf("x"), expected, options)).toBeUndefined();
        expect(await driver.delete(keyOf("thread"), expected, options)).toBe(false);
      }
      expect(await textAt(driver, keyOf("thread"))).toBe("thread");
    },
  );

  it("is no match for another record's version", async () => {
    const [left] = [await create("left"), await create("right")];
    expect(await driver.write(keyOf("right"), recordOf("x"), left, options)).toBeUndefined();
    expect(await driver.delete(keyOf("right"), left, options)).toBe(false);
  });

  it("has permissions for its owner alone, or those asked for", async () => {
    const version = await create("thread");
    const thread = join(folder, "threads", "thread", version);
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    for (const made of [join(parent, "a"), folder, join(folder, "threads"), thread]) {
      expect(await modeOf(made)).toBe(0o700);
    }
    expect(await modeOf(join(folder, segmentFile(version)))).toBe(0o600);

    const shared = fileSystemDriver({ folder: join(parent, "shared"), folderMode: 0o750, fileMode: 0o640 });
    const other = await shared.write(keyOf("thread"), recordOf("x"), undefined, options);
    const record = join(parent, "shared", segmentFile(`${other}`));
    expect(await modeOf(join(record, ".."))).toBe(0o750);
    expect(await modeOf(record)).toBe(0o640);
  });

  it("is written also without sync, when durability is left to the operating system", async () => {
    driver = fileSystemDriver({ folder, durability: "process" });
    const version = await create("thread");
    const next = await driver.write(keyOf("thread"), recordOf("two"), version, options);
    expect(await textAt(fileSystemDriver({ folder }), keyOf("thread"))).toBe("two");
    expect(await driver.delete(keyOf("thread"), `${next}`, options)).toBe(true);
  });

  it("is left as it was by a call that was aborted", async () => {
    const version = await create("thread");
    const signal = AbortSignal.abort(new Error("the user left"));
    for (const call of [
      () => driver.read(keyOf("thread"), undefined, { signal }),
      () => driver.write(keyOf("thread"), recordOf("x"), version, { signal }),
      () => driver.write(keyOf("new"), recordOf("x"), undefined, { signal }),
      () => driver.delete(keyOf("thread"), version, { signal }),
      () => driver.list("", { after: undefined, limit: 10 }, { signal }),
    ]) {
      await expect(call()).rejects.toBe(signal.reason);
    }
    expect(await filesBelow(folder)).toEqual([segmentFile(version)]);
  });
});

describe("the folder", () => {
  it("is made by the first write: reading where nothing is finds nothing and makes nothing", async () => {
    expect(await driver.read(keyOf("thread"), undefined, options)).toBeUndefined();
    expect(await idsIn(driver)).toEqual([]);
    expect(await idsIn(driver, "tenant")).toEqual([]);
    await driver.close();
    expect(await readdir(parent)).toEqual([]);
  });

  it("that is a file is MISCONFIGURED", async () => {
    await writeFile(join(parent, "a"), "");
    for (const call of [
      () => driver.read(keyOf("thread"), undefined, options),
      () => driver.write(keyOf("thread"), recordOf("x"), undefined, options),
      () => driver.delete(keyOf("thread"), never, options),
      () => driver.list("", { after: undefined, limit: 10 }, options),
    ]) {
      const error: unknown = await call().catch((cause: unknown) => cause);
      expect(driver.explain?.(error)).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
    }
  });

  it("can be removed and comes back with the next tries", async () => {
    await create("thread");
    await rm(folder, { recursive: true });
    expect(await driver.read(keyOf("thread"), undefined, options)).toBeUndefined();
    expect(await create("thread")).toMatch(/./);
  });

  it("may hold what is not the store's: it is no thread", async () => {
    await create("thread");
    await writeFile(join(folder, "threads", "readme.txt"), "");
    await writeFile(join(folder, "threads", ".DS_Store"), "");
    for (const name of ["Upper", "lost+found", `${"x".repeat(120)}~${"0".repeat(64)}`, "empty"]) {
      await mkdir(join(folder, "threads", name));
    }
    await symlink("thread", join(folder, "threads", "link"));
    expect(await idsIn(driver)).toEqual(["thread"]);
  });

  it("that holds something foreign where a thread is to be created says so", async () => {
    await mkdir(join(folder, "threads", "thread"), { recursive: true });
    expect(await create("thread")).toMatch(/./);
    await mkdir(join(folder, "threads", "other"));
    await writeFile(join(folder, "threads", "other", ".DS_Store"), "");
    const error: unknown = await create("other").catch((cause: unknown) => cause);
    expect(driver.explain?.(error)).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
    expect(await driver.read(keyOf("other"), undefined, options)).toBeUndefined();
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
  });
});

describe("ids and namespaces", () => {
  const hostile = [
    ..."a A b a/b a\\b a:b a//b . .. ../a a/../../b /etc/x %2e%2e/x CON con nul aux.json com1 a* a? ~ é e\u0301".split(
      " ",
    ),
    ..." a|a |a.|.a|a\n|\0|\u2028|🏴‍☠️|K|\u212a|İ|ı|__proto__|id|.tmp|.trash|threads|namespaces|-rf".split("|"),
    "x".repeat(255),
    "x".repeat(256),
    `${"x".repeat(255)}y`,
    "😀".repeat(64),
    `${"😀".repeat(63)}😁`,
  ];

  it("of any kind are kept apart, listed in order, and stay inside the folder", async () => {
    const namespaces = ["", "a", "A", "../..", "a/b", "x".repeat(128), "界".repeat(42)];
    for (const namespace of namespaces) {
      for (const id of hostile) await create(id, JSON.stringify([namespace, id]), namespace);
    }
    for (const namespace of namespaces) {
      for (const id of hostile) {
        expect(await textAt(driver, keyOf(id, namespace))).toBe(JSON.stringify([namespace, id]));
      }
      const inOrder = hostile
        .map((id) => Buffer.from(id))
        .toSorted((left, right) => Buffer.compare(left, right));
      expect(await idsIn(driver, namespace)).toEqual(inOrder.map(String));
    }
    expect(await readdir(parent)).toEqual(["a"]);
    expect(await readdir(join(parent, "a"))).toEqual(["store"]);
    expect((await readdir(folder)).toSorted()).toEqual([".tmp", ".trash", "namespaces", "threads"]);
    expect((await filesBelow(join(folder, ".tmp"))).concat(await filesBelow(join(folder, ".trash")))).toEqual(
      [],
    );
  });
});

describe("a listing", () => {
  it("goes on where the page before ended, also after a restart", async () => {
    const ids = Array.from({ length: 45 }, (_, index) => `id ${String(index).padStart(2, "0")}`);
    for (const id of ids) await create(id);
    for (const limit of [1, 7, 44, 45, 46]) {
      const seen: string[][] = [];
      for (let after: string | undefined; ;) {
        const page = await fileSystemDriver({ folder }).list("", { after, limit }, options);
        seen.push(page.records.map((record) => record.id));
        if (page.next === undefined) break;
        after = page.next;
      }
      expect(seen.flat()).toEqual(ids);
      expect(seen.length).toBe(Math.ceil(45 / limit));
    }
  });

  it("ends when only names of deleted threads follow", async () => {
    await create("a");
    await create("b");
    await mkdir(join(folder, "threads", "c"));
    expect((await driver.list("", { after: undefined, limit: 2 }, options)).next).toBeUndefined();
    expect((await driver.list("", { after: undefined, limit: 1 }, options)).next).toBe("a");
  });

  it("shows each record's version and its tail alone", async () => {
    const version = await create("large", `${"x".repeat(100_000)}tail`);
    const small = await create("small", "short");
    const { records } = await driver.list("", { after: undefined, limit: 2 }, options);
    expect(records.map((record) => [record.id, record.version])).toEqual([
      ["large", version],
      ["small", small],
    ]);
    expect(records[0]?.tail.length).toBe(16_384);
    expect(Buffer.from(records[0]?.tail ?? []).toString()).toMatch(/^x+tail$/);
    expect(Buffer.from(records[1]?.tail ?? []).toString()).toBe("short");
  });
});

describe("damage", () => {
  it.each(["truncated", "emptied", "removed"])(
    "to a record that was %s is shown, not hidden",
    async (kind) => {
      const version = await create("thread", "0123456789");
      const file = join(folder, segmentFile(version));
      if (kind === "removed") await rm(file);
      else await writeFile(file, kind === "truncated" ? "0123" : "");
      const rest = kind === "truncated" ? "0123" : "";
      expect(await textAt(driver, keyOf("thread"))).toBe(rest);
      expect((await driver.read(keyOf("thread"), undefined, options))?.version).toBe(version);
      const { records } = await driver.list("", { after: undefined, limit: 2 }, options);
      expect(records.map(({ tail, ...record }) => ({ ...record, tail: String(Buffer.from(tail)) }))).toEqual([
        { id: "thread", version, tail: rest },
      ]);
      expect(await driver.write(keyOf("thread"), recordOf("x"), undefined, options)).toBeUndefined();
      const next = await driver.write(keyOf("thread"), recordOf("whole"), version, options);
      expect(await textAt(driver, keyOf("thread"))).toBe("whole");
      expect(await driver.delete(keyOf("thread"), `${next}`, options)).toBe(true);
    },
  );

  it("can be deleted", async () => {
    const version = await create("thread", "0123456789");
    await rm(join(folder, segmentFile(version)));
    expect(await driver.delete(keyOf("thread"), version, options)).toBe(true);
    expect(await driver.read(keyOf("thread"), undefined, options)).toBeUndefined();
  });

  it("that is a link in the place of a record is not followed", async () => {
    const version = await create("thread");
    const file = join(folder, segmentFile(version));
    await writeFile(join(parent, "secret"), "secret");
    await rm(file);
    await symlink(join(parent, "secret"), file);
    const error: unknown = await driver
      .read(keyOf("thread"), undefined, options)
      .catch((cause: unknown) => cause);
    expect(driver.explain?.(error)).toMatchObject({ code: "MISCONFIGURED" });
  });
});

describe("debris", () => {
  async function plant(path: string, time?: Date): Promise<void> {
    await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, path, "rest.json"), "");
    if (time) await utimes(join(folder, path), time, time);
  }

  it("of crashed processes is removed by the first write of another, when it is old enough", async () => {
    await plant(".tmp/old", oldTime);
    await plant(".tmp/new");
    await plant(".trash/any");
    expect(await idsIn(driver)).toEqual([]);
    await create("thread");
    expect(await readdir(join(folder, ".tmp"))).toEqual(["new"]);
    expect(await readdir(join(folder, ".trash"))).toEqual([]);
  });

  it("beside a record is removed by the next save", async () => {
    const version = await create("thread");
    const candidate = join(folder, "threads", "thread", version, `${"0".repeat(24)}.segment`);
    await writeFile(candidate, "half a rec");
    expect(await textAt(driver, keyOf("thread"))).toBe("thread");
    expect(await idsIn(driver)).toEqual(["thread"]);
    const next = await driver.write(keyOf("thread"), recordOf("next"), version, options);
    expect(await readdir(join(folder, "threads", "thread", `${next}`))).toEqual([
      basename(segmentFile(`${next}`)),
    ]);
  });

  it("is not looked for behind a link", async () => {
    await mkdir(join(parent, "precious"));
    await writeFile(join(parent, "precious", "file"), "keep me");
    await mkdir(folder, { recursive: true });
    await symlink(join(parent, "precious"), join(folder, ".trash"));
    await symlink(join(parent, "precious"), join(folder, ".tmp"));
    await utimes(join(parent, "precious", "file"), oldTime, oldTime);
    await create("thread").catch((error: unknown) => driver.explain?.(error));
    expect(await readFile(join(parent, "precious", "file"), "utf8")).toBe("keep me");
  });

  it("that cannot be removed does not stop a save", async () => {
    await plant(".trash/stuck/within");
    await chmod(join(folder, ".trash/stuck"), 0o000);
    expect(await create("thread")).toMatch(/./);
  });
});
