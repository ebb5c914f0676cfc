import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { isError } from "@threadstore/core/driver";
import { UsageError } from "../usage-error.ts";

/** Creates a store. Called once for each command that uses it. */
export type StoreFactory = () => ThreadStore | Promise<ThreadStore>;

/**
 * What `threadstore.config.js` exports by default: a store, for example with decorators, a function that creates it, or
 * an object with several of them by name.
 */
export type StoreConfig = ThreadStore | StoreFactory | Readonly<Record<string, ThreadStore | StoreFactory>>;

const NAMES = ["ts", "mts", "js", "mjs"].map((extension) => `threadstore.config.${extension}`);

/** Opens the store of the configuration file, or the one with this name. */
export async function openConfigured(
  name: string | undefined,
  { config, folder }: { readonly config: string | undefined; readonly folder: string },
): Promise<ThreadStore> {
  const path = findConfig(config, folder);
  const exported = await importConfig(path);
  const chosen = name === undefined ? exported : memberOf(exported, name);
  const store: unknown = typeof chosen === "function" ? await create(chosen as StoreFactory, path) : chosen;
  if (isStore(store)) return store;
  throw new UsageError(
    chosen === undefined || (name === undefined && typeof exported !== "function")
      ? noStore(path, name, exported)
      : `${name === undefined ? "The function" : `\`${name}\``} of ${path} is not a store, and does not return one. Export a store, or a function that returns one.`,
  );
}

function noStore(path: string, name: string | undefined, exported: unknown): string {
  const names = namesOf(exported);
  const what = name === undefined ? "a store by default" : `a store named ${name}`;
  const remedy =
    names.length > 0
      ? `Name one of ${names.map((each) => `\`config:${each}\``).join(", ")}.`
      : "Export a store, or an object with several of them by name.";
  return `${path} does not export ${what}. ${remedy}`;
}

function namesOf(exported: unknown): string[] {
  return typeof exported === "object" && exported !== null && !isStore(exported) ? Object.keys(exported) : [];
}

function findConfig(config: string | undefined, folder: string): string {
  const candidates = config === undefined ? NAMES : [config];
  const path = candidates.map((name) => resolve(folder, name)).find((each) => existsSync(each));
  if (path !== undefined) return path;
  throw new UsageError(
    config === undefined
      ? `There is no ${NAMES.join(", ")} in this folder. Create one, or name a file with \`--config\`.`
      : "The file of `--config` does not exist. Correct its path.",
  );
}

async function importConfig(path: string): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    if (!isError(error)) throw error;
    const isUnknownType = "code" in error && error.code === "ERR_UNKNOWN_FILE_EXTENSION";
    const reason = isUnknownType
      ? "This version of Node.js cannot run TypeScript. Use a .js file."
      : error.message;
    throw new UsageError(`${path} cannot be loaded. ${reason}`, { cause: error });
  }
}

async function create(factory: StoreFactory, path: string): Promise<unknown> {
  try {
    return await factory();
  } catch (error) {
    if (!isError(error) || ThreadStoreError.is(error)) throw error;
    throw new UsageError(`${path} cannot create the store. ${error.message}`, { cause: error });
  }
}

function memberOf(exported: unknown, name: string): unknown {
  return namesOf(exported).includes(name) ? (exported as Record<string, unknown>)[name] : undefined;
}

function isStore(value: unknown): value is ThreadStore {
  return typeof value === "object" && value !== null && "listPage" in value && "save" in value;
}
