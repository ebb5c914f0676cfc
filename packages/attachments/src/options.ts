import { isBase64 } from "./format/base64.ts";

/** What {@link withAttachments} can be told. */
export interface AttachmentsOptions {
  /**
   * The longest string that stays in its thread, in bytes; a longer one becomes an attachment. Each attachment is
   * a record of its own, so on a networked store it costs a request when it is saved and when it is loaded.
   * @default 16_384
   */
  readonly limitBytes?: number | undefined;
  /**
   * Which strings become attachments: `base64` those that are a `data:` URI in base64, or canonical base64 (padded,
   * in one line); `any` all of them, such as long texts of documents.
   * @default "base64"
   */
  readonly strings?: "base64" | "any" | undefined;
  /**
   * The longest thread that is accepted, in bytes of its JSON with all attachments in their places; a longer one is
   * `TOO_LARGE`. The store's own `maxThreadBytes` holds for each attachment, and for the thread without them.
   * @default 67_108_864
   */
  readonly maxThreadBytes?: number | undefined;
  /**
   * How old an attachment that no thread names has to be before `deleteExpired` removes it, in milliseconds. Before that it
   * may be one of a save that is still on its way: let half of this time be much longer than any save can take, and
   * than the clocks of your hosts are apart.
   * @default 86_400_000
   */
  readonly orphanAgeMs?: number | undefined;
  /**
   * The clock for {@link orphanAgeMs}, in milliseconds since the epoch: the one that the store has.
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

export interface ResolvedOptions {
  readonly maxThreadBytes: number;
  readonly orphanAgeMs: number;
  readonly now: () => number;
  /** Whether a string becomes an attachment, as JSON text spells it. */
  readonly isAttachment: (text: string) => boolean;
}

/** The options with their defaults. Throws a `TypeError` for a wrong one: that is a mistake in the program. */
export function resolveOptions(options: AttachmentsOptions): ResolvedOptions {
  const {
    limitBytes = 16_384,
    strings = "base64",
    maxThreadBytes = 67_108_864,
    orphanAgeMs = 86_400_000,
    now = Date.now,
  } = options;
  check(Number.isSafeInteger(limitBytes) && limitBytes > 0, "limitBytes must be a whole number above 0");
  check(["base64", "any"].includes(strings), 'strings must be "base64" or "any"');
  const isLimit = Number.isSafeInteger(maxThreadBytes) && maxThreadBytes >= 2;
  check(isLimit, "maxThreadBytes must be a whole number, at least 2");
  const isAge = Number.isFinite(orphanAgeMs) && orphanAgeMs > 0;
  check(isAge, "orphanAgeMs must be a number of milliseconds above 0");
  check(typeof now === "function", "now must be a function that returns milliseconds since the epoch");
  const isKind = strings === "any" ? (): boolean => true : isBase64Literal;
  return {
    maxThreadBytes,
    orphanAgeMs,
    now,
    isAttachment: (text) => isLonger(text, limitBytes) && isKind(text),
  };
}

function isLonger(text: string, limitBytes: number): boolean {
  // No character has more than three bytes a UTF-16 unit, and most strings are short.
  return text.length * 3 > limitBytes && Buffer.byteLength(text) > limitBytes;
}

/** Some writers of JSON escape the slashes of base64. */
function isBase64Literal(text: string): boolean {
  return isBase64(text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text);
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new TypeError(`${rule}.`);
}
