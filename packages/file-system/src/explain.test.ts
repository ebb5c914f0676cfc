import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { afterDecision, explain, lastingDecision } from "./explain.ts";

function failure(code: string, syscall = "open"): Error {
  return Object.assign(new Error(`${code}: '/data/secret-id'`), { code, syscall, errno: -1 });
}

describe("explain", () => {
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
  ])("%s is %s, and nothing was changed", (systemCode, code) => {
    const explanation = explain(failure(systemCode), "linux");
    expect(explanation).toMatchObject({ code, applied: "no" });
    expect(explanation?.message).not.toContain("secret");
  });

  it("EIO leaves open whether anything was changed", () => {
    expect(explain(failure("EIO"))).toMatchObject({ code: "BACKEND_ERROR", applied: "unknown" });
  });

  it("a failure to sync the deciding step leaves open whether it lasts", async () => {
    const error = failure("ENOSPC", "fsync");
    await expect(lastingDecision(() => Promise.reject(error))).rejects.toBe(error);
    expect(explain(error)).toMatchObject({ code: "STORAGE_FULL", applied: "undurable" });
  });

  it("a failure to clear up afterwards takes nothing back, and one of the program is none of the system's", async () => {
    await afterDecision(() => Promise.reject(failure("EMFILE", "unlink")));
    const bug = new TypeError("a bug");
    await expect(afterDecision(() => Promise.reject(bug))).rejects.toBe(bug);
  });

  it("a folder that Windows does not rename because something in it is open can be tried again", () => {
    expect(explain(failure("EPERM", "rename"), "win32")).toMatchObject({
      code: "UNAVAILABLE",
      applied: "no",
    });
    expect(explain(failure("EPERM", "open"), "win32")).toMatchObject({ code: "ACCESS_DENIED" });
    expect(explain(failure("EPERM", "rename"), "linux")).toMatchObject({ code: "ACCESS_DENIED" });
  });

  it("knows the errors that Node throws, and only those", async () => {
    const error: unknown = await readFile("/dev/null/x").catch((cause: unknown) => cause);
    expect(explain(error)).toMatchObject({ code: "MISCONFIGURED" });
    expect(explain(new Error("no"))).toBeUndefined();
    expect(explain(Object.assign(new Error("no"), { code: "ERR_INVALID_ARG_TYPE" }))).toBeUndefined();
    expect(explain("EACCES")).toBeUndefined();
  });
});
