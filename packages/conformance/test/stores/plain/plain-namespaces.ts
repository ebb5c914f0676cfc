import type { StoreOptions, ThreadStore } from "@threadstore/core";
import type {
  EraseOptions,
  EraseResult,
  NamespacePage,
  NamespacesOptions,
} from "@threadstore/core/maintenance";
import { checkedLimit } from "./plain-arguments.ts";
import { invalidArgument } from "./plain-json.ts";
import { decodeRow, type PlainData } from "./plain-record.ts";

/** The data and options that a store shares with its views. */
export interface Client {
  readonly data: PlainData;
  readonly options: StoreOptions;
}

type Path = readonly string[];

/** Returns the namespaces that are `within` or nested in it and have rows, in order. */
function pathsWithin(data: PlainData, within: Path): Path[] {
  return [...data]
    .flatMap(([namespace, rows]) => (rows.size > 0 ? [JSON.parse(namespace) as string[]] : []))
    .filter((path) => within.every((name, depth) => path[depth] === name))
    .toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}

/** Prepares `namespaces`: validates its options and returns the function that lists a page. */
export function preparePage(
  data: PlainData,
  path: Path,
  { limit: requestedLimit = 100, cursor }: NamespacesOptions,
): () => NamespacePage {
  const limit = checkedLimit(requestedLimit);
  const [after = ""] = cursor === undefined ? [] : (decodeCursor("namespaces", path, cursor) as [string]);
  return () => {
    const children = pathsWithin(data, path).flatMap((nested) => nested[path.length] ?? []);
    const remaining = [...new Set(children)].filter((name) => name > after).toSorted();
    const namespaces = remaining.slice(0, limit);
    const isLast = remaining.length <= limit;
    return { namespaces, cursor: isLast ? undefined : encodeCursor("namespaces", path, [namespaces.at(-1)]) };
  };
}

type Totals = [startedAt: number, threads: number, bytes: number, counted: string[]];

/** Prepares `erase`: validates its options and returns the function that erases one namespace after another. */
export function prepareErase(
  { data, options: { now = Date.now } }: Client,
  path: Path,
  { cursor, onProgress }: EraseOptions,
): () => Promise<EraseResult> {
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw invalidArgument("`onProgress` must be a function.");
  const totals = cursor === undefined ? undefined : (decodeCursor("erase", path, cursor) as Totals);
  return async () => {
    let [startedAt, threads, bytes, counted]: Totals = totals ?? [now(), 0, 0, []];
    for (const nested of pathsWithin(data, path)) {
      const namespace = JSON.stringify(nested);
      const rows = data.get(namespace) ?? new Map();
      const key = (id: string): string => JSON.stringify([nested, id]);
      const sizes = [...rows].map(([id, row]) => {
        const { json = "" } = decodeRow(id, row) ?? {};
        return [id, Buffer.byteLength(json)] as const;
      });
      const uncounted = sizes.filter(([id]) => !counted.includes(key(id)));
      const planned: Totals = [
        startedAt,
        threads + uncounted.length,
        uncounted.reduce((sum, [, size]) => sum + size, bytes),
        sizes.map(([id]) => key(id)),
      ];
      const levels = nested.map((name) => name.replace(/[%/]/gu, encodeURIComponent));
      await onProgress?.({
        threads,
        bytes,
        namespace: levels.join("/"),
        cursor: encodeCursor("erase", path, planned),
      });
      for (const [id] of sizes) {
        const { json = "" } = decodeRow(id, rows.get(id) ?? { version: "", bytes: Buffer.of() }) ?? {};
        if (!rows.delete(id) || counted.includes(key(id))) continue;
        threads += 1;
        bytes += Buffer.byteLength(json);
      }
      counted = [];
    }
    const finishedAt = new Date(Math.max(now(), startedAt));
    return { threads, bytes, startedAt: new Date(startedAt), finishedAt, cursor: undefined };
  };
}

function encodeCursor(method: keyof ThreadStore, path: Path, position: unknown): string {
  return JSON.stringify([method, path, position]);
}

function decodeCursor(method: keyof ThreadStore, path: Path, cursor: unknown): unknown {
  const start = JSON.stringify([method, path, 0]).slice(0, -2);
  if (typeof cursor === "string" && cursor.startsWith(start)) return (JSON.parse(cursor) as unknown[])[2];
  throw invalidArgument("`cursor` must come from the same method of this namespace.");
}
