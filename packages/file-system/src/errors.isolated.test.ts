import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Version } from "@threadstore/core";
import type { AsyncThreadDriver } from "@threadstore/core/driver";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cleanUpAfterCommit, syncCommit } from "./commit/commit-point.ts";
import { driverErrorOf } from "./errors.ts";
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
  failAt,
  interception,
  resetInterception,
  systemError,
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

describe("a system error", () => {
  it.each([
    ["EACCES", "ACCESS_DENIED"],
    ["EPERM", "ACCESS_DENIED"],
    ["EROFS", "ACCESS_DENIED"],
    ["ENOSPC", "STORAGE_FULL"],
    ["EDQUOT", "STORAGE_FULL"],
    ["EMLINK", "STORAGE_FULL"],
    ["EFBIG", "TOO_LARGE"],
    ["EMFILE", "UNAVAILABLE"],
    ["ENFILE", "UNAVAILABLE"],
    ["EBUSY", "UNAVAILABLE"],
    ["ENOENT", "UNAVAILABLE"],
    ["ENOTDIR", "MISCONFIGURED"],
    ["EISDIR", "MISCONFIGURED"],
    ["ELOOP", "MISCONFIGURED"],
    ["ENAMETOOLONG", "MISCONFIGURED"],
    ["ENOTEMPTY", "MISCONFIGURED"],
    ["EXDEV", "MISCONFIGURED"],
    ["EINVAL", "MISCONFIGURED"],
    ["ENOTSUP", "MISCONFIGURED"],
    ["EOPNOTSUPP", "MISCONFIGURED"],
    ["ESTALE", "BACKEND_ERROR"],
  ])("%s is %s with effect none", (systemCode, code) => {
    const cause = Object.assign(systemError(systemCode, "open"), { path: "/data/secret-id" });
    const error = driverErrorOf(cause, { platform: "linux" });
    expect(error).toMatchObject({ code, effect: "none", cause });
    expect(error?.message).not.toContain("secret");
  });

  it("EIO is BACKEND_ERROR with effect unknown", () => {
    expect(driverErrorOf(systemError("EIO", "open"))).toMatchObject({
      code: "BACKEND_ERROR",
      effect: "unknown",
    });
  });

  it("of the sync after the commit point has effect not-durable", async () => {
    const cause = systemError("ENOSPC", "fsync");
    const error = await driverErrorFrom((async () => syncCommit(() => Promise.reject(cause)))());
    expect(error).toMatchObject({ code: "STORAGE_FULL", effect: "not-durable", cause });
  });

  it("of the clean-up after a commit is ignored, but a bug is not", async () => {
    await cleanUpAfterCommit(() => Promise.reject(systemError("EMFILE", "unlink")));
    const bug = new TypeError("a bug");
    await expect(cleanUpAfterCommit(() => Promise.reject(bug))).rejects.toBe(bug);
  });

  it("of a rename on Windows is UNAVAILABLE, because a file in the folder is open", () => {
    expect(driverErrorOf(systemError("EPERM", "rename"), { platform: "win32" })).toMatchObject({
      code: "UNAVAILABLE",
      effect: "none",
    });
    expect(driverErrorOf(systemError("EPERM", "open"), { platform: "win32" })).toMatchObject({
      code: "ACCESS_DENIED",
    });
    expect(driverErrorOf(systemError("EPERM", "rename"), { platform: "linux" })).toMatchObject({
      code: "ACCESS_DENIED",
    });
  });

  it("is recognized among other errors", async () => {
    const error: unknown = await readFile("/dev/null/x").catch((reason: unknown) => reason);
    expect(driverErrorOf(error)).toMatchObject({ code: "MISCONFIGURED" });
    expect(driverErrorOf(new Error("no"))).toBeUndefined();
    expect(driverErrorOf(Object.assign(new Error("no"), { code: "ERR_INVALID_ARG_TYPE" }))).toBeUndefined();
    expect(driverErrorOf("EACCES")).toBeUndefined();
  });
});

describe("a failure", () => {
  it.each([
    ["write", /thread\/.*segment$/, "ENOSPC"],
    ["sync", VERSION_FOLDER, "EMFILE"],
    ["rename", VERSION_FOLDER, "EACCES"],
  ])("at the %s of a replacement leaves only the old record", async (name, path, code) => {
    const first = await save(undefined, "first");
    failAt(name, path, code);
    const error = await driverErrorFrom(save(first, "second"));
    expect(error).toMatchObject({ effect: "none" });
    expect(await textOf(driver, KEY)).toBe("first");
    expect(await filesBelow(folder)).toEqual([segmentPath(first)]);
  });

  it.each([
    ["write", /\.tmp\/.*segment$/, "ENOSPC"],
    ["sync", /\.tmp\/[^/]+$/, "EIO"],
    ["rename", /\.tmp/, "EXDEV"],
    ["rename", /\.tmp/, "EACCES"],
  ])("at the %s of a creation leaves nothing", async (name, path, code) => {
    await driver.write(keyOf("other"), recordOf("x"), undefined, options);
    failAt(name, path, code);
    expect(await driverErrorFrom(save(undefined, "first"))).toMatchObject({ cause: { code } });
    resetInterception();
    expect(await listIds(driver)).toEqual(["other"]);
    expect(await driver.read(KEY, undefined, options)).toBeUndefined();
    await save(undefined, "first");
  });

  it("at the sync after the commit point leaves the new record, with effect not-durable", async () => {
    const first = await save(undefined, "first");
    failAt("sync", /threads\/thread$/, "ENOSPC");
    const error = await driverErrorFrom(save(first, "second"));
    expect(error).toMatchObject({ code: "STORAGE_FULL", effect: "not-durable" });
    expect(await textOf(driver, KEY)).toBe("second");
  });

  it("at a rename that took place anyway is ignored, and the rename is synced", async () => {
    const first = await save(undefined, "first");
    const syncedPaths: string[] = [];
    interception.before = async (called, at, target) => {
      if (called !== "rename" || target === undefined) return;
      interception.before = async (next, path) =>
        void (next === "sync" && syncedPaths.push(relative(folder, path)));
      await rename(at, target);
      syncedPaths.length = 0;
      throw systemError("EIO", "rename");
    };
    expect(await driver.write(KEY, recordOf("second"), first, options)).toMatch(/./);
    resetInterception();
    expect(syncedPaths).toEqual([join("threads", "thread")]);
    expect(await textOf(driver, KEY)).toBe("second");
    expect(await filesBelow(folder)).toHaveLength(1);
  });

  it("at a rename with EIO has effect unknown, and removes nothing", async () => {
    const first = await save(undefined, "first");
    failAt("rename", VERSION_FOLDER, "EIO");
    const error = await driverErrorFrom(save(first, "second"));
    expect(error).toMatchObject({ code: "BACKEND_ERROR", effect: "unknown" });
    resetInterception();
    expect(await textOf(driver, KEY)).toBe("first");
    await save(first, "third");
    expect(await filesBelow(folder)).toHaveLength(1);
  });

  it("for lack of the trash folder is not reported as a lost race", async () => {
    const first = await save(undefined, "first");
    interception.before = async () => {
      resetInterception();
      await rename(join(folder, ".trash"), join(folder, ".elsewhere"));
    };
    const error = await driverErrorFrom(driver.delete(KEY, first, options));
    expect(error).toMatchObject({ code: "UNAVAILABLE", effect: "none" });
    expect(await textOf(driver, KEY)).toBe("first");
  });

  it("may leave an empty folder, which the next creation reuses", async () => {
    await mkdir(join(folder, "threads", "thread"), { recursive: true });
    // Windows reports EPERM if the target exists.
    let refusals = 0;
    interception.before = async (called, at) => {
      if (called !== "rename" || !at.includes(".tmp")) return;
      if ((await readdir(join(folder, "threads"))).includes("thread")) {
        refusals += 1;
        throw systemError("EPERM", "rename");
      }
    };
    await save(undefined, "first");
    expect(refusals).toBe(1);
    await writeFile(join(folder, "threads", "other"), "");
    expect(await driver.write(KEY, recordOf("x"), undefined, options)).toBeUndefined();
  });
});
