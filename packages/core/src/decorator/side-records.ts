import type { ErasedSizeOption } from "../encoding/erased-size.ts";
import { sealJson, unsealJson } from "../encoding/sealed-json.ts";
import { invalidEraseCursor } from "../listing/erase-cursor.ts";
import { checkOnProgress } from "../operations/erase.ts";
import type { EraseOptions, EraseProgress, EraseResult, NamespacePage } from "../thread-store.ts";
import { levelName, namespaceWithin } from "../validation/names.ts";
import { reservedName } from "./reserved-name.ts";

type InnerEraseOptions = Pick<EraseOptions, "cursor" | "onProgress"> & ErasedSizeOption;

/** Returns a page of namespaces of the inner store as callers see it. */
export function visibleNamespaces(reserved: string | undefined, page: NamespacePage): NamespacePage {
  if (reserved === undefined) return page;
  const { unescape } = reservedName(reserved);
  return { ...page, namespaces: page.namespaces.filter((name) => name !== reserved).map(unescape) };
}

/** How many of the records that the inner store has erased are side records. */
interface Tally {
  sideRecords: number;
  /** The number of records that the inner store reported last. */
  reported: number;
  /** Whether the records that it deletes next are side records. */
  areSideRecords: boolean;
}

const CURSOR_KIND = "erase with side records";

/**
 * Runs an erase of the inner store, which erases side records like threads, and reports only the number of threads. The
 * sizes of side records count, because their content belongs to threads.
 */
export function eraseRequest(
  reserved: string | undefined,
  options: InnerEraseOptions,
): (erase: (options: InnerEraseOptions) => Promise<EraseResult>) => Promise<EraseResult> {
  if (reserved === undefined) return (erase) => erase(options);
  const { onProgress } = options;
  checkOnProgress(onProgress);
  const { cursor, tally } = positionIn(options.cursor);
  const advance = (threads: number): void => {
    if (tally.areSideRecords) tally.sideRecords += threads - tally.reported;
    tally.reported = threads;
  };
  const encode = (innerCursor: string): string =>
    sealJson([CURSOR_KIND, innerCursor, tally.sideRecords, tally.reported, tally.areSideRecords]);
  const report = async (progress: EraseProgress): Promise<void> => {
    advance(progress.threads);
    const { namespace, isReserved } = visibleNamespace(reserved, progress.namespace);
    tally.areSideRecords = isReserved;
    const threads = progress.threads - tally.sideRecords;
    await onProgress?.({ ...progress, threads, namespace, cursor: encode(progress.cursor) });
  };
  return async (erase) => {
    const result = await erase({ ...options, cursor, onProgress: report });
    advance(result.threads);
    const threads = result.threads - tally.sideRecords;
    return { ...result, threads, cursor: result.cursor === undefined ? undefined : encode(result.cursor) };
  };
}

function positionIn(cursor: unknown): { readonly cursor: string | undefined; readonly tally: Tally } {
  if (cursor === undefined) {
    return { cursor: undefined, tally: { sideRecords: 0, reported: 0, areSideRecords: false } };
  }
  const position = unsealJson(cursor);
  if (!Array.isArray(position)) throw invalidEraseCursor();
  const [kind, innerCursor, sideRecords, reported, areSideRecords] = position as readonly unknown[];
  const isValid = kind === CURSOR_KIND && typeof innerCursor === "string";
  if (!isValid || typeof sideRecords !== "number" || typeof reported !== "number") throw invalidEraseCursor();
  return { cursor: innerCursor, tally: { sideRecords, reported, areSideRecords: areSideRecords === true } };
}

/** Returns a stored namespace as callers see it: without the level for side records, which is the last one. */
function visibleNamespace(
  reserved: string,
  namespace: string,
): { readonly namespace: string; readonly isReserved: boolean } {
  const { unescape } = reservedName(reserved);
  const names = (namespace === "" ? [] : namespace.split("/")).map((level) => levelName(level) ?? level);
  const isReserved = names.at(-1) === reserved;
  const visible = names.slice(0, isReserved ? -1 : undefined).map(unescape);
  return { namespace: visible.reduce(namespaceWithin, ""), isReserved };
}
