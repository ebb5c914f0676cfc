import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { fileSystemDriver } from "./driver.ts";
import { checkOptions } from "./options.ts";

describe("options", () => {
  it.each([
    [{}, /^folder/],
    [{ folder: "" }, /^folder/],
    [{ folder: "a\0b" }, /^folder/],
    [{ folder: 5 }, /^folder/],
    [{ folder: "a", durability: "none" }, /^durability/],
    [{ folder: "a", folderMode: 0o1777 }, /^folderMode/],
    [{ folder: "a", fileMode: "600" }, /^fileMode/],
    [{ folder: "a", fileMode: -1 }, /^fileMode/],
  ])("that are wrong are a TypeError: %j", (options, message) => {
    expect(() => fileSystemDriver(options as never)).toThrow(TypeError);
    expect(() => fileSystemDriver(options as never)).toThrow(message);
  });

  it("have safe defaults, and fix a relative folder at once", () => {
    expect(checkOptions({ folder: "threads" })).toEqual({
      folder: resolve("threads"),
      synced: true,
      folderMode: 0o700,
      fileMode: 0o600,
    });
    expect(checkOptions({ folder: "/x", durability: "process" }).synced).toBe(false);
  });
});
