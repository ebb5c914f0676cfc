import { isPlainObject } from "@threadstore/core/documents";

/** Members of streamed objects whose texts arrive in pieces. Others, such as signatures and ids, arrive complete. */
const GROWING_MEMBERS: ReadonlySet<string> = new Set([
  "arguments",
  "content",
  "data",
  "input",
  "reasoning",
  "summary",
  "text",
  "thinking",
  "transcript",
]);

/**
 * Joins two pieces of a member that this version does not know: texts and lists are concatenated, objects are merged,
 * and any other value replaces the one before it.
 */
export function joinPieces(previous: unknown, piece: unknown): unknown {
  if (typeof previous === "string" && typeof piece === "string") return previous + piece;
  if (Array.isArray(previous) && Array.isArray(piece)) return joinLists(previous, piece);
  if (isPlainObject(previous) && isPlainObject(piece)) return mergeObjects(previous, piece);
  return piece ?? previous ?? null;
}

/** Merges the members of two pieces of an object. */
export function mergeObjects(previous: object, piece: object): { readonly [member: string]: unknown } {
  const merged = new Map<string, unknown>(Object.entries(previous));
  for (const [name, value] of Object.entries(piece)) {
    const isWhole = typeof value === "string" && !GROWING_MEMBERS.has(name);
    merged.set(name, isWhole ? value : joinPieces(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Concatenates lists. A block with the `type` and the `index` of the last one continues it. */
function joinLists(previous: readonly unknown[], pieces: readonly unknown[]): unknown[] {
  const joined = [...previous];
  for (const piece of pieces) {
    const last: unknown = joined.at(-1);
    if (isPlainObject(last) && isPlainObject(piece) && continues(piece, last)) {
      joined[joined.length - 1] = mergeObjects(last, piece);
    } else joined.push(piece);
  }
  return joined;
}

function continues(piece: { readonly [member: string]: unknown }, block: typeof piece): boolean {
  const { type, index } = piece;
  return typeof index === "number" && index === block["index"] && type === block["type"];
}
