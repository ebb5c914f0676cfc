import { resolve } from "node:path";
import { expect, it } from "vitest";
import { fileSystemDriver, fileSystemStore } from "./file-system-store.ts";
import { resolveOptions } from "./options.ts";

it.each([
  [{}, "`folder`"],
  [{ folder: "" }, "`folder`"],
  [{ folder: "a\0b" }, "`folder`"],
  [{ folder: 5 }, "`folder`"],
  [{ folder: "a", durability: "none" }, "`durability`"],
  [{ folder: "a", folderMode: 0o1777 }, "`folderMode`"],
  [{ folder: "a", fileMode: "600" }, "`fileMode`"],
  [{ folder: "a", fileMode: -1 }, "`fileMode`"],
  [{ folder: "a", durable: true }, "`durable`"],
])("rejects %j with a TypeError that names %s", (invalid, name) => {
  for (const create of [fileSystemDriver, fileSystemStore]) {
    expect(() => create(invalid as never)).toThrow(TypeError);
    expect(() => create(invalid as never)).toThrow(name);
  }
});

it("fills in the defaults and resolves a relative folder at construction", () => {
  expect(resolveOptions({ folder: "threads" })).toEqual({
    folder: resolve("threads"),
    syncsToDisk: true,
    folderMode: 0o700,
    fileMode: 0o600,
  });
  expect(resolveOptions({ folder: "/x", durability: "process" }).syncsToDisk).toBe(false);
});
