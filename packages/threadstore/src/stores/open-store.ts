import type { ThreadStore } from "@threadstore/core";
import { UsageError } from "../usage-error.ts";
import type { StoreAdapter } from "./adapter.ts";
import { AZURE, S3 } from "./bucket-adapters.ts";
import { openConfigured } from "./config-file.ts";
import { FILES, SQLITE } from "./local-adapters.ts";
import { POSTGRES, REDIS } from "./server-adapters.ts";
import { parseStoreUrl } from "./store-url.ts";

const ADAPTERS: ReadonlyMap<string, StoreAdapter> = new Map([
  ["sqlite", SQLITE],
  ["file", FILES],
  ["redis", REDIS],
  ["rediss", REDIS],
  ["postgres", POSTGRES],
  ["postgresql", POSTGRES],
  ["s3", S3],
  ["azure", AZURE],
]);

/** Options of {@link openStore}. */
export interface OpenOptions {
  /**
   * The folder in which relative paths, packages and the configuration are found.
   * @default the working directory
   */
  readonly folder?: string | undefined;
  /**
   * The environment, for credentials.
   * @default process.env
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * Whether a database, folder or table that does not exist is an error instead of being created.
   * @default false
   */
  readonly mustExist?: boolean | undefined;
  /**
   * The path of the configuration file.
   * @default `threadstore.config.ts`, `.mts`, `.js` or `.mjs` in the folder
   */
  readonly config?: string | undefined;
}

/** A store, and its name for output, which does not contain secrets. */
export interface OpenedStore {
  readonly label: string;
  readonly store: ThreadStore;
}

/**
 * Opens the store of a URL such as `sqlite:threads.db`, or of the configuration file (`config`, or `config:NAME` for one
 * of several). Imports the adapter, which must be installed. Rejects with an error whose message says what to correct.
 */
export async function openStore(text: string, options: OpenOptions = {}): Promise<OpenedStore> {
  const { folder = process.cwd(), env = process.env, mustExist = false, config } = options;
  if (isConfigured(text)) {
    const [, name] = CONFIGURED.exec(text) ?? [];
    return { label: text, store: await openConfigured(name, { config, folder }) };
  }
  const url = parseStoreUrl(text);
  const adapter = ADAPTERS.get(url.scheme);
  if (adapter === undefined) {
    throw new UsageError(
      `Stores cannot be opened by ${url.scheme} URLs. Use one of ${[...ADAPTERS.keys()].join(", ")}, or \`config\`.`,
    );
  }
  const label = adapter.label(url);
  try {
    return { label, store: await adapter.open(url, { folder, env, mustExist }) };
  } catch (error) {
    // Stores throw a `TypeError` for invalid options.
    if (error instanceof UsageError || !isTypeError(error)) throw error;
    throw new UsageError(`${label} cannot be opened. ${error.message}`, { cause: error });
  }
}

const CONFIGURED = /^config(?::([^:]+))?$/su;

/** Returns whether a store is one of the configuration file. */
export function isConfigured(text: string): boolean {
  return CONFIGURED.test(text);
}

function isTypeError(error: unknown): error is TypeError {
  return typeof error === "object" && error !== null && "name" in error && error.name === "TypeError";
}
