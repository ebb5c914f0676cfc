import { mkdir, readdir, rename, utimes, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { ThreadDriver } from "@threadstore/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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
import type { OpenFile } from "./system-calls.ts";

// Every call that changes names goes through here, so that a test can stop one, fail it, or write it down.
const calls = vi.hoisted(() => ({
  before: async (_name: string, _path: string, _target?: string): Promise<void> => {},
  listed: (_path: string, names: unknown[]): unknown[] => names,
}));
vi.mock("./system-calls.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("./system-calls.ts")>();
  return {
    ...original,
    rename: async (from: string, to: string) => {
      await calls.before("rename", from, to);
      try {
        await original.rename(from, to);
      } catch (error) {
        await calls.before("refused", from);
        throw error;
      }
      await calls.before("renamed", from);
    },
    readdir: async (path: string) => calls.listed(path, await original.readdir(path)),
    unlink: async (file: string) => {
      await calls.before("unlink", file);
      await original.unlink(file);
    },
    open: async (path: string, flags: string | number, mode?: number): Promise<OpenFile> => {
      const file = await original.open(path, flags, mode);
      return {
        ...file,
        // A write that may fail is as good as its sync: both come before the deciding step.
        write: async (...content) => {
          await calls.before("write", path);
          return file.write(...content);
        },
        sync: async (...what) => {
          await calls.before("sync", path);
          await file.sync(...what);
        },
      };
    },
  };
});
vi.mock("node:fs/promises", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:fs/promises")>();
  return {
    ...original,
    rm: async (path: string, settings: object) => {
      await calls.before("rm", path);
      await original.rm(path, settings);
    },
  };
});

let folder: string;
let driver: ThreadDriver;
const key = keyOf("thread");
const { before: unwatched, listed: asListed } = calls;

beforeEach(async () => {
  folder = await temporaryFolder();
  driver = fileSystemDriver({ folder });
});
afterEach(() => {
  calls.before = unwatched;
  calls.listed = asListed;
});

async function save(expected: string | undefined, text: string): Promise<string> {
  const version = await driver.write(key, recordOf(text), expected, options);
  if (version === undefined) throw new Error("a lost race");
  return version;
}

/** Stops the first call that matches. `reached` resolves when it is about to happen; `resume` lets it. */
function pause(name: string, path: RegExp): { reached: Promise<void>; resume: () => void } {
  const reached = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<void>();
  let stopped = false;
  calls.before = async (called, at) => {
    if (stopped || called !== name || !path.test(at)) return;
    stopped = true;
    reached.resolve();
    await resumed.promise;
  };
  return { reached: reached.promise, resume: resumed.resolve };
}

const currentFolder = /thread\/[0-9a-f]{32}-[0-9a-f-]+$/;

describe("a saver that is stopped just before the deciding step", () => {
  it.each([1, 20, 200])("loses when %i saves went by", async (count) => {
    const first = await save(undefined, "first");
    const stopped = pause("rename", currentFolder);
    const late = driver.write(key, recordOf("late"), first, options);
    await stopped.reached;
    let version = first;
    for (let done = 1; done <= count; done += 1) version = await save(version, `save ${done}`);
    stopped.resume();
    expect(await late).toBeUndefined();
    expect(await textAt(driver, key)).toBe(`save ${count}`);
    expect(await filesBelow(folder)).toEqual([segmentFile(version)]);
  });

  it("loses when the thread was deleted, and when it was then created anew", async () => {
    const first = await save(undefined, "same");
    const stopped = pause("rename", currentFolder);
    const late = driver.write(key, recordOf("late"), first, options);
    await stopped.reached;
    expect(await driver.delete(key, first, options)).toBe(true);
    expect(await driver.read(key, undefined, options)).toBeUndefined();
    await save(undefined, "same");
    stopped.resume();
    expect(await late).toBeUndefined();
    expect(await textAt(driver, key)).toBe("same");
  });

  it("wins when nothing else happened, even if its record looks like debris by now", async () => {
    const first = await save(undefined, "first");
    const stopped = pause("rename", currentFolder);
    const late = driver.write(key, recordOf("late"), first, options);
    await stopped.reached;
    const old = new Date(Date.now() - 24 * 60 * 60 * 1000);
    for (const file of await filesBelow(folder)) await utimes(join(folder, file), old, old);
    await fileSystemDriver({ folder }).write(keyOf("other"), recordOf("x"), undefined, options);
    stopped.resume();
    expect(await late).toMatch(/./);
    expect(await textAt(driver, key)).toBe("late");
  });

  it("gives up when it was aborted meanwhile, and takes its record back", async () => {
    const first = await save(undefined, "first");
    const controller = new AbortController();
    const stopped = pause("sync", currentFolder);
    const late = driver.write(key, recordOf("late"), first, { signal: controller.signal });
    await stopped.reached;
    controller.abort(new Error("the user left"));
    stopped.resume();
    await expect(late).rejects.toBe(controller.signal.reason);
    expect(await filesBelow(folder)).toEqual([segmentFile(first)]);
  });
});

describe("a creator that is stopped just before the deciding step", () => {
  it("loses to another creator, and removes what it had prepared", async () => {
    const stopped = pause("rename", /\.tmp/);
    const late = driver.write(key, recordOf("late"), undefined, options);
    await stopped.reached;
    await save(undefined, "early");
    stopped.resume();
    expect(await late).toBeUndefined();
    expect(await textAt(driver, key)).toBe("early");
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
    expect(await readdir(join(folder, ".trash"))).toEqual([]);
  });

  it("succeeds when the thread that was in its way is deleted before it looks", async () => {
    const stopped = pause("rename", /\.tmp/);
    const late = driver.write(key, recordOf("late"), undefined, options);
    await stopped.reached;
    const early = await save(undefined, "early");
    const refused = pause("refused", /\.tmp/);
    stopped.resume();
    await refused.reached;
    await driver.delete(key, early, options);
    refused.resume();
    expect(await late).toMatch(/./);
    expect(await textAt(driver, key)).toBe("late");
  });

  it("fails cleanly when its work was swept after an hour, and can try again", async () => {
    const stopped = pause("rename", /\.tmp/);
    const late = driver.write(key, recordOf("late"), undefined, options);
    await stopped.reached;
    const [prepared = ""] = await readdir(join(folder, ".tmp"));
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(join(folder, ".tmp", prepared), old, old);
    await fileSystemDriver({ folder }).write(keyOf("other"), recordOf("x"), undefined, options);
    stopped.resume();
    const error: unknown = await late.catch((cause: unknown) => cause);
    expect(driver.explain?.(error)).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
    expect(await driver.read(key, undefined, options)).toBeUndefined();
    await save(undefined, "again");
  });

  it("finds its work whole or not at all when it resumes while that is being swept", async () => {
    const stopped = pause("rename", /\.tmp/);
    const late = driver.write(key, recordOf("late"), undefined, options);
    await stopped.reached;
    const [prepared = ""] = await readdir(join(folder, ".tmp"));
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(join(folder, ".tmp", prepared), old, old);
    const sweeper = pause("rm", /./);
    const sweeping = fileSystemDriver({ folder }).write(keyOf("other"), recordOf("x"), undefined, options);
    await sweeper.reached;
    stopped.resume();
    await expect(late).rejects.toMatchObject({ code: "ENOENT" });
    sweeper.resume();
    await sweeping;
    expect(await driver.read(key, undefined, options)).toBeUndefined();
  });

  it("gives up when it was aborted meanwhile, and leaves nothing", async () => {
    await driver.write(keyOf("other"), recordOf("x"), undefined, options);
    const controller = new AbortController();
    const stopped = pause("sync", /\.tmp/);
    const late = driver.write(key, recordOf("late"), undefined, { signal: controller.signal });
    await stopped.reached;
    controller.abort(new Error("the user left"));
    stopped.resume();
    await expect(late).rejects.toBe(controller.signal.reason);
    expect(await filesBelow(folder)).toHaveLength(1);
    expect(await idsIn(driver)).toEqual(["other"]);
  });

  it("succeeds when the namespace's folder was removed with its last thread meanwhile", async () => {
    const last = keyOf("last", "tenant");
    const version = await driver.write(last, recordOf("x"), undefined, options);
    const stopped = pause("rename", /\.tmp/);
    const late = driver.write(keyOf("next", "tenant"), recordOf("y"), undefined, options);
    await stopped.reached;
    expect(await driver.delete(last, `${version}`, options)).toBe(true);
    expect(await readdir(join(folder, "namespaces"))).toEqual([]);
    stopped.resume();
    expect(await late).toMatch(/./);
    expect(await idsIn(driver, "tenant")).toEqual(["next"]);
  });
});

describe("a delete", () => {
  it("that is stopped before the deciding step loses to a save", async () => {
    const first = await save(undefined, "first");
    const stopped = pause("rename", currentFolder);
    const late = driver.delete(key, first, options);
    await stopped.reached;
    await save(first, "second");
    stopped.resume();
    expect(await late).toBe(false);
    expect(await textAt(driver, key)).toBe("second");
  });

  it("that is stopped after the deciding step does not touch a thread created anew", async () => {
    const first = await save(undefined, "first");
    const stopped = pause("sync", /threads\/thread$/);
    const late = driver.delete(key, first, options);
    await stopped.reached;
    expect(await driver.read(key, undefined, options)).toBeUndefined();
    expect(await idsIn(driver)).toEqual([]);
    await save(undefined, "second");
    stopped.resume();
    expect(await late).toBe(true);
    expect(await textAt(driver, key)).toBe("second");
  });
});

describe("a winner that is stopped before it removes the old record", () => {
  it.each(["renamed", "sync"])("harms nothing that is being saved after it (%s)", async (step) => {
    const first = await save(undefined, "first");
    const winner = pause(step, step === "sync" ? /threads\/thread$/ : currentFolder);
    const second = driver.write(key, recordOf("second"), first, options);
    await winner.reached;
    const [version = ""] = await readdir(join(folder, "threads", "thread"));
    const next = pause("rename", currentFolder);
    const third = driver.write(key, recordOf("third"), version, options);
    await next.reached;
    winner.resume();
    expect(await second).toBe(version);
    next.resume();
    expect(await third).toMatch(/./);
    expect(await textAt(driver, key)).toBe("third");
    expect(await filesBelow(folder)).toHaveLength(1);
  });
});

describe("a reader", () => {
  it("never misses a thread, or sees a part of one, while others save it", async () => {
    const text = (turn: number) => `${turn} ${"x".repeat(200_000)} ${turn}`;
    let version = await save(undefined, text(0));
    const saving = new AbortController();
    let seen = 0;
    const readers = Array.from({ length: 4 }, async () => {
      for (let newest = 0; !saving.signal.aborted; seen += 1) {
        const [, turn, end] = /^(\d+) x+ (\d+)$/.exec((await textAt(driver, key)) ?? "") ?? [];
        expect(turn).toBeDefined();
        expect(end).toBe(turn);
        expect(Number(turn)).toBeGreaterThanOrEqual(newest);
        newest = Number(turn);
        expect(await idsIn(driver)).toEqual(["thread"]);
        // As core does: a driver's answers come at once, and a loop of them would keep the saves waiting.
        await new Promise(setImmediate);
      }
    });
    for (let turn = 1; turn <= 200; turn += 1) version = await save(version, text(turn));
    saving.abort();
    await Promise.all(readers);
    expect(seen).toBeGreaterThan(20);
  });
});

describe("a file system whose listings are no snapshots", () => {
  it("may show no name during a rename: the thread is there all the same", async () => {
    await save(undefined, "first");
    let hidden = 0;
    calls.listed = (path, names) => {
      if (hidden > 0 || !path.endsWith(join("threads", "thread"))) return names;
      hidden += 1;
      return [];
    };
    expect(await textAt(driver, key)).toBe("first");
    expect(hidden).toBe(1);
  });

  it("may show the old name and the new one: the new one is read", async () => {
    const first = await save(undefined, "first");
    const second = await save(first, "second");
    calls.listed = (path, names) => {
      calls.listed = asListed;
      return path.endsWith(join("threads", "thread")) ? [first, ...names] : names;
    };
    expect(await driver.read(key, undefined, options)).toMatchObject({ version: second });
  });
});

describe("racing calls", () => {
  it("of 16 creators one wins, 20 times", async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = keyOf(`round ${round}`);
      const racing = Array.from({ length: 16 }, (_, index) =>
        driver.write(id, recordOf(String(index)), undefined, options),
      );
      const results = await Promise.all(racing);
      const winners = results.flatMap((version, index) => (version === undefined ? [] : [String(index)]));
      expect(winners).toHaveLength(1);
      expect(await textAt(driver, id)).toBe(winners[0]);
    }
    expect(await filesBelow(folder)).toHaveLength(20);
  });

  it("of 16 savers and deleters with one version one wins, 20 times", async () => {
    for (let round = 0; round < 20; round += 1) {
      const version = await save(undefined, "start");
      const racing = Array.from({ length: 16 }, async (_, index) =>
        index % 4 === 0
          ? (await driver.delete(key, version, options)) && ""
          : driver.write(key, recordOf(String(index)), version, options),
      );
      const won = (await Promise.all(racing)).filter((result) => typeof result === "string");
      expect(won).toHaveLength(1);
      const found = await driver.read(key, undefined, options);
      expect(found?.version ?? "").toBe(won[0]);
      if (found) await driver.delete(key, found.version, options);
    }
    expect(await filesBelow(folder)).toEqual([]);
  });
});

describe("what a save does, in order", () => {
  async function written(run: () => Promise<unknown>): Promise<string[]> {
    const lines: string[] = [];
    calls.before = async (name, path) => {
      if (name !== "renamed") lines.push(`${name} ${relative(folder, path)}`);
    };
    await run();
    calls.before = unwatched;
    return lines.map((line) => line.replaceAll(/[0-9a-f]{24,}(-[0-9a-f]+)*/g, "*"));
  }

  it("replacing: the file, its name, the rename, that name, and only then the old record goes", async () => {
    const first = await save(undefined, "first");
    expect(await written(() => save(first, "second"))).toEqual([
      "write threads/thread/*/*.segment",
      "sync threads/thread/*/*.segment",
      "sync threads/thread/*",
      "rename threads/thread/*",
      "sync threads/thread",
      "unlink threads/thread/*/*.segment",
    ]);
  });

  it("creating: the file, the names of all that is new, the rename, that name", async () => {
    await driver.write(keyOf("other", "tenant"), recordOf("x"), undefined, options);
    const create = () => driver.write(keyOf("thread", "tenant"), recordOf("x"), undefined, options);
    expect(await written(create)).toEqual([
      "write .tmp/*/*/*.segment",
      "sync .tmp/*/*/*.segment",
      "sync .tmp/*/*",
      "sync .tmp/*",
      "rename .tmp/*",
      "sync namespaces/tenant",
      "sync namespaces",
    ]);
  });

  it("deleting: the rename, that it happened, and only then the content goes", async () => {
    const first = await save(undefined, "first");
    expect(await written(() => driver.delete(key, first, options))).toEqual([
      "rename threads/thread/*",
      "sync threads/thread",
      "rm .trash/*",
    ]);
  });
});

describe("a failure", () => {
  function failAt(name: string, path: RegExp, code: string): void {
    calls.before = async (called, at) => {
      if (called !== name || !path.test(at)) return;
      throw Object.assign(new Error(code), { code, syscall: called, errno: -1 });
    };
  }

  it.each([
    ["write", /thread\/.*segment$/, "ENOSPC"],
    ["sync", currentFolder, "EMFILE"],
    ["rename", currentFolder, "EACCES"],
  ])("of a replacement's %s leaves the old record and nothing else", async (name, path, code) => {
    const first = await save(undefined, "first");
    failAt(name, path, code);
    const error: unknown = await save(first, "second").catch((cause: unknown) => cause);
    expect(driver.explain?.(error)).toMatchObject({ applied: "no" });
    expect(await textAt(driver, key)).toBe("first");
    expect(await filesBelow(folder)).toEqual([segmentFile(first)]);
  });

  it.each([
    ["write", /\.tmp\/.*segment$/, "ENOSPC"],
    ["sync", /\.tmp\/[^/]+$/, "EIO"],
    ["rename", /\.tmp/, "EXDEV"],
    ["rename", /\.tmp/, "EACCES"],
  ])("of a creation's %s leaves nothing at all", async (name, path, code) => {
    await driver.write(keyOf("other"), recordOf("x"), undefined, options);
    failAt(name, path, code);
    await expect(save(undefined, "first")).rejects.toMatchObject({ code });
    calls.before = unwatched;
    expect(await idsIn(driver)).toEqual(["other"]);
    expect(await driver.read(key, undefined, options)).toBeUndefined();
    await save(undefined, "first");
  });

  it("to sync after the deciding step leaves open whether it lasts, and the new record in place", async () => {
    const first = await save(undefined, "first");
    failAt("sync", /threads\/thread$/, "ENOSPC");
    const error: unknown = await save(first, "second").catch((cause: unknown) => cause);
    expect(driver.explain?.(error)).toMatchObject({ code: "STORAGE_FULL", applied: "undurable" });
    expect(await textAt(driver, key)).toBe("second");
  });

  it("of a rename that took place all the same is none, once that is synced", async () => {
    const first = await save(undefined, "first");
    const synced: string[] = [];
    calls.before = async (called, at, target) => {
      if (called !== "rename" || target === undefined) return;
      calls.before = async (next, path) => void (next === "sync" && synced.push(relative(folder, path)));
      await rename(at, target);
      synced.length = 0;
      throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "rename", errno: -5 });
    };
    expect(await driver.write(key, recordOf("second"), first, options)).toMatch(/./);
    calls.before = unwatched;
    expect(synced).toEqual([join("threads", "thread")]);
    expect(await textAt(driver, key)).toBe("second");
    expect(await filesBelow(folder)).toHaveLength(1);
  });

  it("of a rename that says no more than EIO leaves open what happened, and removes nothing", async () => {
    const first = await save(undefined, "first");
    failAt("rename", currentFolder, "EIO");
    const error: unknown = await save(first, "second").catch((cause: unknown) => cause);
    expect(driver.explain?.(error)).toMatchObject({ code: "BACKEND_ERROR", applied: "unknown" });
    calls.before = unwatched;
    expect(await textAt(driver, key)).toBe("first");
    await save(first, "third");
    expect(await filesBelow(folder)).toHaveLength(1);
  });

  it("because the folder for what is deleted is gone is no lost race", async () => {
    const first = await save(undefined, "first");
    calls.before = async () => {
      calls.before = unwatched;
      await rename(join(folder, ".trash"), join(folder, ".elsewhere"));
    };
    const error: unknown = await driver.delete(key, first, options).catch((cause: unknown) => cause);
    expect(driver.explain?.(error)).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
    expect(await textAt(driver, key)).toBe("first");
  });

  it("of one thread leaves a leftover folder that the next creation takes over", async () => {
    await mkdir(join(folder, "threads", "thread"), { recursive: true });
    // As Windows answers when the target exists.
    let refused = 0;
    calls.before = async (called, at) => {
      if (called !== "rename" || !at.includes(".tmp")) return;
      if ((await readdir(join(folder, "threads"))).includes("thread")) {
        refused += 1;
        throw Object.assign(new Error("EPERM"), { code: "EPERM", syscall: "rename", errno: -1 });
      }
    };
    await save(undefined, "first");
    expect(refused).toBe(1);
    await writeFile(join(folder, "threads", "other"), "");
    expect(await driver.write(key, recordOf("x"), undefined, options)).toBeUndefined();
  });
});
