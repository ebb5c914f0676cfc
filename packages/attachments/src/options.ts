import type { ThreadStore } from "@threadstore/core";
import { checkOptionNames, clockOf, type OptionNames } from "@threadstore/core/decorator";
import { isBase64 } from "./format/base64.ts";

/** The options of {@link withAttachments}. */
export interface AttachmentsOptions {
  /**
   * The longest string that stays in its thread, in bytes; longer ones become attachments. Each attachment is a
   * separate record, which takes a request to save and a request to load on a networked store.
   * @default 16_384
   */
  readonly limitBytes?: number | undefined;
  /**
   * The strings that can become attachments: with `base64`, base64 `data:` URIs and canonical base64 (padded, on one
   * line); with `any`, all strings, such as the text of documents.
   * @default "base64"
   */
  readonly strings?: "base64" | "any" | undefined;
  /**
   * The maximum size of a thread including its attachments, in bytes of its JSON. Saving a larger one rejects with
   * `TOO_LARGE`. The `maxThreadBytes` of the inner store applies to each attachment, and to the thread without them.
   * @default 67_108_864
   */
  readonly maxThreadBytes?: number | undefined;
  /**
   * The age at which `deleteExpired` deletes an attachment that no thread refers to, in milliseconds. A younger one
   * may belong to a save in progress. Half of this time must be much longer than any save takes and than the clocks
   * of your hosts differ.
   * @default 86_400_000
   */
  readonly orphanAgeMs?: number | undefined;
  /**
   * The clock for {@link orphanAgeMs}, in milliseconds since the epoch. Must be the clock of the inner store.
   * @default the clock of the inner store; `Date.now` if another implementation of stores created it
   */
  readonly now?: (() => number) | undefined;
}

const OPTION_NAMES: OptionNames<AttachmentsOptions> = {
  limitBytes: true,
  strings: true,
  maxThreadBytes: true,
  orphanAgeMs: true,
  now: true,
};

export interface ResolvedOptions {
  readonly maxThreadBytes: number;
  readonly orphanAgeMs: number;
  readonly now: () => number;
  /** Returns whether a string, as spelled in the JSON text, becomes an attachment. */
  readonly isAttachment: (text: string) => boolean;
}

/**
 * Returns the options with defaults, of which the store has the clock. Throws a `TypeError` for an invalid option, which is
 * a bug in the program.
 */
export function resolveOptions(options: AttachmentsOptions, store?: ThreadStore): ResolvedOptions {
  checkOptionNames(options, OPTION_NAMES);
  const {
    limitBytes = 16_384,
    strings = "base64",
    maxThreadBytes = 67_108_864,
    orphanAgeMs = 86_400_000,
    now = clockOf(store),
  } = options;
  check(Number.isSafeInteger(limitBytes) && limitBytes > 0, "`limitBytes` must be an integer of at least 1.");
  check(["base64", "any"].includes(strings), '`strings` must be "base64" or "any".');
  check(
    Number.isSafeInteger(maxThreadBytes) && maxThreadBytes >= 2,
    "`maxThreadBytes` must be an integer of at least 2.",
  );
  check(
    Number.isFinite(orphanAgeMs) && orphanAgeMs > 0,
    "`orphanAgeMs` must be a number of milliseconds greater than 0.",
  );
  check(typeof now === "function", "`now` must be a function that returns milliseconds since the epoch.");
  const isEligible = strings === "any" ? (): boolean => true : isSpelledBase64;
  return {
    maxThreadBytes,
    orphanAgeMs,
    now,
    isAttachment: (text) => isLonger(text, limitBytes) && isEligible(text),
  };
}

function isLonger(text: string, limitBytes: number): boolean {
  // A UTF-16 unit has at most three bytes, which settles it for most strings, because they are short.
  return text.length * 3 > limitBytes && Buffer.byteLength(text) > limitBytes;
}

/** Some writers of JSON escape the slashes of base64. */
function isSpelledBase64(text: string): boolean {
  return isBase64(text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text);
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new TypeError(rule);
}
