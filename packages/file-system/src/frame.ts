import { formatLocation, type Location, parseLocation } from "./version.ts";

// A segment is a file of frames. A frame holds the bytes by which a record differs from the one before it, and
// behind them one line, the footer, that says where to find the rest. docs/decisions/0018-file-segments.md.

/** What a record is made of, beside the bytes of its frame. */
export interface Frame {
  /** How many bytes of the record before it stay. */
  readonly keep: number;
  /** How many bytes of its own follow them. */
  readonly length: number;
  /** Where the record before it ends; `undefined` when nothing of it stays. */
  readonly previous: Location | undefined;
  /** The segments that the record needs besides its own. */
  readonly others: readonly string[];
  /** Bytes of all frames that the record needs, its own included. */
  readonly stored: number;
}

/** A frame as it was found, and where its bytes begin. */
export interface FoundFrame extends Frame {
  readonly start: number;
}

/** More than the longest footer has. */
export const FOOTER_MAX_BYTES = 512;

/** No record needs more segments, so that it is read by opening few files. */
export const MOST_SEGMENTS = 8;

/** The line behind a frame's bytes. `stored` is that of the frames before it. */
export function footerOf({ keep, length, previous, others }: Frame, storedBefore: number): Buffer {
  const facts = {
    keep,
    length,
    ...(previous === undefined ? {} : { previous: formatLocation(previous), storedBefore }),
    ...(others.length === 0 ? {} : { others }),
  };
  return Buffer.from(`\n${JSON.stringify(facts)}\n`);
}

/** The frame that ends at `end` of the bytes; `undefined` when there is none, which is damage. */
export function frameBefore(bytes: Buffer, end: number): FoundFrame | undefined {
  const from = Math.max(0, end - FOOTER_MAX_BYTES);
  const text = bytes.toString("latin1", from, end);
  if (end > bytes.length || !text.endsWith("}\n")) return undefined;
  const line = text.lastIndexOf("\n{");
  const facts = line === -1 ? undefined : factsIn(text.slice(line));
  if (facts === undefined) return undefined;
  const footerLength = text.length - line;
  const start = end - footerLength - facts.length;
  return { ...facts, stored: facts.stored + facts.length + footerLength, start };
}

function factsIn(line: string): Frame | undefined {
  let facts: { readonly [name: string]: unknown };
  try {
    facts = JSON.parse(line) as typeof facts;
  } catch {
    return undefined;
  }
  const { keep, length, previous, storedBefore = 0, others = [] } = facts;
  if (!isCount(keep) || !isCount(length) || !isCount(storedBefore)) return undefined;
  if (!Array.isArray(others) || !others.every((name) => typeof name === "string")) return undefined;
  const at = typeof previous === "string" ? parseLocation(previous) : undefined;
  if (keep > 0 && at === undefined) return undefined;
  return { keep, length, previous: at, others, stored: storedBefore };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
