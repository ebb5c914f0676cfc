import type { Bytes } from "../platform/platform.ts";

/**
 * A position in JSON text, directly after a comma, at which parsing can resume if the text before it is known to be
 * valid: only the containers that are open there matter.
 */
export interface Checkpoint {
  /** In bytes. */
  readonly offset: number;
  readonly open: OpenContainers;
}

/** The containers that are open: the thread's object, or that object and an array or object in it. */
type OpenContainers = "{" | "{[" | "{{";

/** The shortest text that has the same open containers after a comma. */
const SHORTEST_PREFIX: { readonly [open in OpenContainers]: string } = {
  "{": '{"":0,',
  "{[": '{"":[0,',
  "{{": '{"":{"":0,',
};

/** The shortest text that completes a text with these open containers after a comma. */
const SHORTEST_SUFFIX: { readonly [open in OpenContainers]: string } = {
  "{": '"":0}',
  "{[": "0]}",
  "{{": '"":0}}',
};

/** The minimum distance of checkpoints: few enough to store, and one always close to the end of a text. */
const SPACING_BYTES = 2048;

/** The result of parsing text that is a JSON object. Its beginning need not be parsed again. */
export interface ParsedText {
  readonly checkpoints: readonly Checkpoint[];
  readonly parts: KnownParts;
  /** The text itself, if it is long and was given as text. */
  readonly text?: string;
}

/** The parts that a text was given in. The same strings at the same positions need not be read again. */
export interface KnownParts {
  readonly strings: readonly string[];
  /** How many leading parts are the beginning of an object and elements of its array: see `countElementParts`. */
  readonly elements: number;
}

/** For text that was not given in parts, or whose parts are not well-formed on their own. */
export const NO_PARTS: KnownParts = { strings: [], elements: 0 };

/** Returns the checkpoints that are still valid in text of which only the first `unchanged` bytes are the same. */
export function checkpointsWithin(
  checkpoints: readonly Checkpoint[],
  unchanged: number,
): readonly Checkpoint[] {
  const count = checkpoints.findLastIndex(({ offset }) => offset <= unchanged) + 1;
  return count === checkpoints.length ? checkpoints : checkpoints.slice(0, count);
}

/** Returns a text that is JSON if and only if a valid text up to the checkpoint followed by `bytes` is. */
export function resumedText({ open }: Checkpoint, bytes: Bytes): string {
  return SHORTEST_PREFIX[open] + bytes.toString("utf8");
}

/**
 * Returns a text that is JSON if and only if `bytes`, which follow the checkpoint, lead to the next one. With it, parts of a
 * text can be parsed one by one.
 */
export function textBetween(last: Checkpoint | undefined, bytes: Bytes, { open }: Checkpoint): string {
  const prefix = last === undefined ? "" : SHORTEST_PREFIX[last.open];
  return prefix + bytes.toString("utf8") + SHORTEST_SUFFIX[open];
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Returns the checkpoints of a JSON object: `valid`, and those in `bytes`, which start at the last of them. */
export function findCheckpoints(bytes: Bytes, valid: readonly Checkpoint[] = []): readonly Checkpoint[] {
  const added: Checkpoint[] = [];
  const last = valid.at(-1);
  const start = last?.offset ?? 0;
  let depth = last?.open.length ?? 0;
  let inner: OpenContainers = last === undefined || last.open === "{" ? "{{" : last.open;
  let next = SPACING_BYTES;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) index = endOfString(bytes, index);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      if (depth === 2) inner = byte === OPEN_ARRAY ? "{[" : "{{";
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    else if (byte === COMMA && depth <= 2 && index >= next) {
      added.push({ offset: start + index + 1, open: depth === 1 ? "{" : inner });
      next = index + SPACING_BYTES;
    }
  }
  return added.length === 0 ? valid : valid.concat(added);
}

/** Returns the index of the closing quote of the string that opens at `start`. */
function endOfString(bytes: Bytes, start: number): number {
  let end = bytes.indexOf(QUOTE, start + 1);
  while (end >= 0 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end < 0 ? bytes.length : end;
}

function isEscaped(bytes: Bytes, index: number): boolean {
  let first = index;
  while (bytes[first - 1] === BACKSLASH) first -= 1;
  return (index - first) % 2 === 1;
}
