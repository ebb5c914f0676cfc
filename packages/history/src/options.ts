import type { ThreadStore } from "@threadstore/core";
import { checkOptionNames, clockOf, type OptionNames } from "@threadstore/core/decorator";

/**
 * Which older versions of a thread are kept. A version that exceeds any of the limits is no longer returned; its text is
 * removed by a later save or by `prune`. The current version is always kept.
 */
export interface KeepOptions {
  /**
   * The maximum number of versions, including the current one.
   * @default 100
   */
  readonly versions?: number | undefined;
  /**
   * How long a version is kept after the save that replaced it, in milliseconds.
   * @default 2_592_000_000 (30 days)
   */
  readonly ageMs?: number | undefined;
  /**
   * The maximum amount of text that later versions have removed or replaced, in UTF-16 code units of JSON. Text that was
   * only added to is stored once, whatever the number of versions.
   * @default 1_048_576
   */
  readonly characters?: number | undefined;
}

/** The options of {@link withHistory}. */
export interface HistoryOptions {
  readonly keep?: KeepOptions | undefined;
  /**
   * The maximum size of a thread, without its history, in bytes of its JSON. Saving a larger one rejects with
   * `TOO_LARGE`. The `maxThreadBytes` of the inner store applies to the thread together with its history.
   * @default undefined (only the limit of the inner store applies)
   */
  readonly maxThreadBytes?: number | undefined;
  /**
   * The clock for {@link KeepOptions.ageMs}, in milliseconds since the epoch. Must be the clock of the inner store.
   * @default the clock of the inner store; `Date.now` if another implementation of stores created it
   */
  readonly now?: (() => number) | undefined;
}

const OPTION_NAMES: OptionNames<HistoryOptions> = { keep: true, maxThreadBytes: true, now: true };

const KEEP_NAMES: OptionNames<KeepOptions> = { versions: true, ageMs: true, characters: true };

/** Validated {@link KeepOptions}, with defaults. */
export interface Retention {
  readonly versions: number;
  readonly ageMs: number;
  readonly characters: number;
}

export interface ResolvedOptions {
  readonly keep: Retention;
  readonly maxThreadBytes: number | undefined;
  readonly now: () => number;
}

/**
 * Returns the options with defaults, of which the store has the clock. Throws a `TypeError` for an invalid option, which is
 * a bug in the program.
 */
export function resolveOptions(options: HistoryOptions, store?: ThreadStore): ResolvedOptions {
  checkOptionNames(options, OPTION_NAMES);
  const { keep = {}, maxThreadBytes, now = clockOf(store) } = options;
  check(typeof keep === "object" && keep !== null, "`keep` must be an object.");
  checkOptionNames(keep, KEEP_NAMES);
  const { versions = 100, ageMs = 2_592_000_000, characters = 1_048_576 } = keep;
  check(Number.isSafeInteger(versions) && versions >= 1, "`keep.versions` must be an integer of at least 1.");
  check(Number.isFinite(ageMs) && ageMs >= 0, "`keep.ageMs` must be a number of milliseconds of at least 0.");
  check(
    Number.isSafeInteger(characters) && characters >= 0,
    "`keep.characters` must be an integer of at least 0.",
  );
  check(typeof now === "function", "`now` must be a function that returns milliseconds since the epoch.");
  // Logs contain whole milliseconds, as the times of threads are.
  return { keep: { versions, ageMs, characters }, maxThreadBytes, now: () => Math.floor(now()) };
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new TypeError(rule);
}
