import { checkOptionNames, type OptionNames } from "@threadstore/core/decorator";

/** The options of {@link envelopeKeys}. */
export interface EnvelopeKeysOptions {
  /**
   * How long this process encrypts new threads with one data key, in milliseconds.
   * @default 86_400_000 (a day)
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * How long this process keeps a decrypted data key, in milliseconds: after that, threads can be read again only if the
   * key service still permits it.
   * @default 3_600_000 (an hour)
   */
  readonly cacheMs?: number | undefined;
  /**
   * How many decrypted data keys this process keeps.
   * @default 1000
   */
  readonly cacheSize?: number | undefined;
  /**
   * The time limit of a call of the key service, in milliseconds.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The clock for these times, in milliseconds.
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

const OPTION_NAMES: OptionNames<EnvelopeKeysOptions> = {
  maxAgeMs: true,
  cacheMs: true,
  cacheSize: true,
  timeoutMs: true,
  now: true,
};

export type ResolvedEnvelopeOptions = {
  readonly [Name in keyof EnvelopeKeysOptions]-?: NonNullable<EnvelopeKeysOptions[Name]>;
};

/** Returns the options with defaults. Throws a `TypeError` if one is invalid. */
export function resolveEnvelopeOptions(options: EnvelopeKeysOptions): ResolvedEnvelopeOptions {
  checkOptionNames(options, OPTION_NAMES);
  const {
    maxAgeMs = 86_400_000,
    cacheMs = 3_600_000,
    cacheSize = 1000,
    timeoutMs = 10_000,
    now = Date.now,
  } = options;
  for (const [name, value] of Object.entries({ maxAgeMs, cacheMs })) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new TypeError(`\`${name}\` must be a number of milliseconds greater than 0.`);
    }
  }
  if (!Number.isSafeInteger(cacheSize) || cacheSize < 1) {
    throw new TypeError("`cacheSize` must be an integer of at least 1.");
  }
  // The longest delay of a timer.
  if (!(timeoutMs > 0 && timeoutMs <= 2_147_483_647)) {
    throw new TypeError("`timeoutMs` must be a number of milliseconds from 1 to 2147483647.");
  }
  if (typeof now !== "function") {
    throw new TypeError("`now` must be a function that returns milliseconds since the epoch.");
  }
  return { maxAgeMs, cacheMs, cacheSize, timeoutMs, now };
}
