import type { ThreadStore } from "@threadstore/core";
import { findUnknownOption, type OptionNames } from "@threadstore/core/documents";
import { invalidArgument, StreamError } from "./stream-error.ts";

/** Options of {@link resumableStreams}. */
export interface ResumableStreamsOptions {
  /** Any store, or a namespace that nothing else writes to. */
  readonly store: ThreadStore;
  /**
   * How long a stream is stored after its last chunk, in milliseconds. A stream must not last longer than that.
   * @default 3600000
   */
  readonly ttlMs?: number | undefined;
  /**
   * How long readers wait for a sign of the producer before they end with `STREAM_INTERRUPTED`, in milliseconds. The
   * producer writes at least every third of that.
   * @default 15000
   */
  readonly leaseMs?: number | undefined;
  /**
   * The minimum time between two writes of a stream, in milliseconds. Chunks that arrive meanwhile are one write. If the
   * process is killed, they are lost.
   * @default 200
   */
  readonly flushMs?: number | undefined;
  /**
   * How often readers in other processes look for new chunks, in milliseconds.
   * @default 200
   */
  readonly pollMs?: number | undefined;
  /** Receives errors of streams that {@link ResumableStreams.record} could not store, for the log. */
  readonly onError?: ((error: unknown, streamId: string) => void) | undefined;
}

/** The options with their defaults. */
export type StreamSettings = {
  readonly [Name in keyof ResumableStreamsOptions]-?: NonNullable<ResumableStreamsOptions[Name]>;
};

const OPTION_NAMES: OptionNames<ResumableStreamsOptions> = {
  store: true,
  ttlMs: true,
  leaseMs: true,
  flushMs: true,
  pollMs: true,
  onError: true,
};
const MAX_MS = 2 ** 31 - 1;

/** Throws `INVALID_ARGUMENT`. */
export function readOptions(options: ResumableStreamsOptions): StreamSettings {
  const unknown = findUnknownOption(options, OPTION_NAMES);
  if (unknown !== undefined) {
    throw new StreamError("INVALID_ARGUMENT", unknown.message, { path: unknown.path });
  }
  const {
    store,
    ttlMs = 3_600_000,
    leaseMs = 15_000,
    flushMs = 200,
    pollMs = 200,
    onError = () => undefined,
  } = options;
  const isStore = typeof store === "object" && store !== null && "append" in store;
  check(isStore, "store", "a ThreadStore");
  check(isDuration(leaseMs, 100), "leaseMs", "at least 100 milliseconds");
  checkTtl(ttlMs, leaseMs);
  check(isDuration(flushMs, 0), "flushMs", "a non-negative number of milliseconds");
  check(flushMs < leaseMs, "flushMs", "shorter than `leaseMs`");
  check(isDuration(pollMs, 1), "pollMs", "at least one millisecond");
  check(typeof onError === "function", "onError", "a function");
  return { store, ttlMs, leaseMs, flushMs, pollMs, onError };
}

/** Throws `INVALID_ARGUMENT` if a stream would expire while it is written. */
export function checkTtl(ttlMs: number, leaseMs: number): void {
  check(isDuration(ttlMs, leaseMs), "ttlMs", "at least as long as `leaseMs`");
}

function isDuration(value: number, minimum: number): boolean {
  return Number.isInteger(value) && value >= minimum && value <= MAX_MS;
}

function check(isValid: boolean, path: string, requirement: string): void {
  if (!isValid) throw invalidArgument(path, requirement);
}
