import {
  checkBooleans,
  checkedJobOptions,
  checkFunctions,
  invalidArgument,
  type OptionNames,
} from "@threadstore/core/decorator";
import type { KeyProvider, MissingKeys } from "../keys/key-provider.ts";
import { resolveOptions } from "../options.ts";
import type { ResealProgress } from "./reseal-position.ts";

/** The options of {@link reseal}. */
export interface ResealOptions {
  /** The keys: those that stored threads need, and the current one. */
  readonly keys: KeyProvider;
  /**
   * How metadata is stored afterwards. Must be that of `withEncryption`.
   * @default as it is stored
   */
  readonly metadata?: "plain" | "sealed" | undefined;
  /**
   * Whether threads that are stored without encryption are encrypted. Otherwise, they count as corrupt.
   * @default false
   */
  readonly migrating?: boolean | undefined;
  /**
   * With `corrupt`, threads whose key the provider does not have count as corrupt. Otherwise, the job rejects.
   * @default "reject"
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
  keys: "required",
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
  "metadata" | "migrating" | "missingKeys" | "all" | "namespaces"
> {
  /** `undefined` keeps the metadata of each thread as they are stored. */
  readonly isSealed: boolean | undefined;
  readonly migrating: boolean;
  readonly missingKeys: MissingKeys;
  readonly all: boolean;
  readonly namespaces: boolean;
}

/** Returns the options with defaults. Throws `INVALID_ARGUMENT` if one is invalid. */
export function resolveResealOptions(options: unknown): ResolvedResealOptions {
  const copy = checkedJobOptions(options, OPTION_NAMES);
  const { metadata, all = false, namespaces = true, cursor, onProgress, onCorrupt, signal } = copy;
  checkBooleans({ all, namespaces });
  checkFunctions({ onProgress, onCorrupt });
  const { keys, isSealed, migrating, missingKeys } = checkedOptions({
    keys: copy.keys,
    metadata,
    migrating: copy.migrating,
    missingKeys: copy.missingKeys,
  });
  return {
    keys,
    isSealed: metadata === undefined ? undefined : isSealed,
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
