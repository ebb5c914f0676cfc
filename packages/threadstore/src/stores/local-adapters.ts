import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MissingStoreError, UsageError } from "../usage-error.ts";
import type { OpenContext, StoreAdapter } from "./adapter.ts";
import { importPackage } from "./import-package.ts";
import { readOptions, type StoreUrl } from "./store-url.ts";

/** Returns the path of a URL such as `sqlite:threads.db`, `file:./threads` or `file:///var/threads`. */
export function pathOf({ scheme, rest }: StoreUrl, { folder }: Pick<OpenContext, "folder">): string {
  if (rest === "" || rest.includes("\0")) {
    throw new UsageError(`The ${scheme} URL needs a path, such as ${scheme}:./threads.`);
  }
  if (!rest.startsWith("//")) return isAbsolute(rest) ? rest : join(folder, rest);
  try {
    return fileURLToPath(`file:${rest}`);
  } catch {
    throw new UsageError(
      `The ${scheme} URL is invalid. Write an absolute path like ${scheme}:///var/threads.`,
    );
  }
}

function existingPath(url: StoreUrl, context: OpenContext): string {
  const path = pathOf(url, context);
  if (context.mustExist && !existsSync(path)) {
    throw new MissingStoreError(`There is no store at ${path}. Correct the path.`);
  }
  return path;
}

export const SQLITE: StoreAdapter = {
  label: ({ rest }) => `sqlite:${rest}`,
  async open(url, context) {
    const path = existingPath(url, context);
    const options = readOptions(url, { synchronous: "string", busyTimeoutMs: "number" });
    const { sqliteStore } = await importPackage<typeof import("@threadstore/sqlite")>(
      { name: "@threadstore/sqlite", with: ["better-sqlite3"] },
      context.folder,
    );
    return sqliteStore({ path, ...options });
  },
};

export const FILES: StoreAdapter = {
  label: ({ rest }) => `file:${rest}`,
  async open(url, context) {
    const path = existingPath(url, context);
    const options = readOptions(url, { durability: "string" });
    const { fileSystemStore } = await importPackage<typeof import("@threadstore/file-system")>(
      { name: "@threadstore/file-system" },
      context.folder,
    );
    return fileSystemStore({ folder: path, ...options });
  },
};
