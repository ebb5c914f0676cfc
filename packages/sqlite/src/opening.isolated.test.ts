import { createRequire } from "node:module";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, describe, expect, test, vi } from "vitest";
import { fs } from "./node-fs.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./sqlite.test-helper.ts";

vi.mock("./node-fs.ts", async (importOriginal) => {
  const original = await importOriginal<{ fs: typeof fs }>();
  return { fs: { ...original.fs, accessSync: vi.fn<typeof fs.accessSync>(original.fs.accessSync) } };
});

/** The error that the constructor of a connection throws; `undefined` for none. */
const failure = vi.hoisted((): { open: (() => void) | undefined } => ({ open: undefined }));
vi.mock("better-sqlite3", async (importOriginal) => {
  const { default: Original } = await importOriginal<{ default: typeof Sqlite }>();
  const Failing = new Proxy(Original, {
    construct(target, parameters: ConstructorParameters<typeof Sqlite>, newTarget) {
      failure.open?.();
      return Reflect.construct(target, parameters, newTarget);
    },
  });
  return { default: Failing };
});

afterEach(() => {
  failure.open = undefined;
  vi.restoreAllMocks();
});

async function errorsOfCalls(path: string): Promise<unknown[]> {
  const store = sqliteStore({ path });
  const calls = [store.load("a"), store.save("a", {}), store.delete("a"), store.listPage()];
  const results = await Promise.allSettled(calls);
  await store.close();
  return results.map((result) => (result.status === "rejected" ? result.reason : result.value));
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: "access" });
}

describe("a store whose file cannot be opened", () => {
  test.each<[string, () => void]>([
    ["is missing", () => new Sqlite(":memory:", { nativeBinding: "/no/such/binding.node" })],
    [
      "was built for another platform",
      () => createRequire(import.meta.url)(import.meta.filename.replace(/\.ts$/u, ".node")),
    ],
    [
      "was built for another version of Node.js",
      () => {
        throw Object.assign(new Error("NODE_MODULE_VERSION 115"), { code: "ERR_DLOPEN_FAILED" });
      },
    ],
  ])("because the native module %s throws MISCONFIGURED with the remedy", async (_, open) => {
    using folder = temporaryFolder();
    let isNested = false;
    failure.open = () => {
      if (isNested) return;
      isNested = true;
      try {
        open();
      } finally {
        isNested = false;
      }
    };
    for (const error of await errorsOfCalls(folder.file())) {
      expect(error).toMatchObject({ code: "MISCONFIGURED", message: expect.stringContaining("npm rebuild") });
    }
  });

  test("because of permissions throws ACCESS_DENIED with the path", async () => {
    using folder = temporaryFolder();
    const path = folder.file();
    failure.open = () => {
      throw new Sqlite.SqliteError("unable to open database file", "SQLITE_CANTOPEN");
    };
    vi.mocked(fs.accessSync).mockImplementation(() => {
      throw systemError("EACCES");
    });
    for (const error of await errorsOfCalls(path)) {
      expect(error).toMatchObject({ code: "ACCESS_DENIED", message: expect.stringContaining(path) });
    }
  });

  test("for an unexpected reason throws BACKEND_ERROR, because nothing can have been written", async () => {
    using folder = temporaryFolder();
    failure.open = () => {
      throw new Sqlite.SqliteError("out of memory", "SQLITE_NOMEM");
    };
    for (const error of await errorsOfCalls(folder.file()))
      expect(error).toMatchObject({ code: "BACKEND_ERROR" });
  });

  test("because its folder does not exist names both", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "missing", "threads.db");
    for (const error of await errorsOfCalls(path)) {
      expect(error).toMatchObject({ code: "MISCONFIGURED", message: expect.stringContaining(path) });
    }
  });
});
