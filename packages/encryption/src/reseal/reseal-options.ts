import {
  checkBooleans,
  checkedJobOptions,
  checkFunctions,
  invalidArgument,
  type OptionNames,
} from "@threadstore/core/decorator";
import type { StoreEncryption } from "../encryption-of.ts";
import type { KeyProvider, MissingKeys } from "../keys/key-provider.ts";
import { resolveOptions } from "../options.ts";
import type { ResealProgress } from "./reseal-position.ts";

/** The options of {@link reseal}. */
export interface ResealOptions {
  /**
   * The keys: those that stored threads need, and the current one. Required if `store` is inside of `withEncryption`.
   * @default the keys of the encryption of `store`
   */
  readonly keys?: KeyProvider | undefined;
  /**
   * How metadata is stored afterwards. Must be that of `withEncryption`.
   * @default as it is stored; without `keys`, that of the encryption of `store`
   */
  readonly metadata?: "plain" | "sealed" | undefined;
  /**
   * Whether threads that are stored without encryption are encrypted. Otherwise, they count as corrupt.
   * @default false; without `keys`, that of the encryption of `store`
   */
  readonly migrating?: boolean | undefined;
  /**
   * With `corrupt`, threads whose key the provider does not have count as corrupt. Otherwise, the job rejects.
   * @default "reject"; without `keys`, that of the encryption of `store`
   */
  readonly missingKeys?: MissingKeys | undefined;
  /**
   * Whether to encrypt threads again that have the current key, too.
   * @default false
   */
  readonly all?: boolean | undefined;
  /**
   * Whether to include the namespaces below.
   * @default true
   */
  readonly namespaces?: boolean | undefined;
  /** The `cursor` of an earlier call that did not finish. */
  readonly cursor?: string | undefined;
  /**
   * Called after each page of up to 50 threads. The job waits for the result, for example until the cursor is stored. If
   * it throws or rejects, the job stops and rejects with the same value.
   */
  readonly onProgress?: ((progress: ResealProgress) => void | Promise<void>) | undefined;
  /**
   * Called for each thread that is left as it is because it is corrupt, with the names of the namespaces that lead to it.
   */
  readonly onCorrupt?:
    | ((thread: { readonly namespaces: readonly string[]; readonly id: string }) => void)
    | undefined;
  /** Aborts the job. Threads that are being saved at that moment may have the old or the current key. */
  readonly signal?: AbortSignal | undefined;
}

const OPTION_NAMES: OptionNames<ResealOptions> = {
  keys: true,
  metadata: true,
  migrating: true,
  missingKeys: true,
  all: true,
  namespaces: true,
  cursor: true,
  onProgress: true,
  onCorrupt: true,
  signal: true,
};

export interface ResolvedResealOptions extends Omit<
  ResealOptions,
  "keys" | "metadata" | "migrating" | "missingKeys" | "all" | "namespaces"
> {
  readonly keys: KeyProvider;
  /** Whether the keys are those of the encryption of the store. */
  readonly usesStoreKeys: boolean;
  /** `undefined` keeps the metadata of each thread as they are stored. */
  readonly isSealed: boolean | undefined;
  readonly migrating: boolean;
  readonly missingKeys: MissingKeys;
  readonly all: boolean;
  readonly namespaces: boolean;
}

/**
 * Returns the options with defaults, which are those of the encryption of the store unless `keys` is set. Throws
 * `INVALID_ARGUMENT` if one is invalid.
 */
export function resolveResealOptions(
  options: unknown,
  encryption: StoreEncryption | undefined,
): ResolvedResealOptions {
  const copy = checkedJobOptions(options, OPTION_NAMES);
  const defaults = copy.keys === undefined ? encryption : undefined;
  const chosenKeys = copy.keys ?? defaults?.keys;
  if (chosenKeys === undefined) {
    throw invalidArgument(
      "The keys are required. Pass them with `keys`, or pass a store with `withEncryption`, and not a view of it.",
    );
  }
  const { metadata, all = false, namespaces = true, cursor, onProgress, onCorrupt, signal } = copy;
  checkBooleans({ all, namespaces });
  checkFunctions({ onProgress, onCorrupt });
  const { keys, isSealed, migrating, missingKeys } = checkedOptions({
    keys: chosenKeys,
    metadata,
    migrating: copy.migrating ?? defaults?.migrating,
    missingKeys: copy.missingKeys ?? defaults?.missingKeys,
  });
  return {
    keys,
    usesStoreKeys: defaults !== undefined,
    isSealed: metadata === undefined ? defaults?.isSealed : isSealed,
    migrating,
    missingKeys,
    all,
    namespaces,
    cursor,
    onProgress,
    onCorrupt,
    signal,
  };
}

/** Checks the options of `withEncryption`. */
function checkedOptions(options: Parameters<typeof resolveOptions>[0]): ReturnType<typeof resolveOptions> {
  try {
    return resolveOptions(options);
  } catch (error) {
    throw invalidArgument((error as Error).message);
  }
}
