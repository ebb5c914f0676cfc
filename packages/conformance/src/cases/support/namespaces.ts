import type { ThreadStore } from "@threadstore/core";
import type { EraseProgress, EraseResult } from "@threadstore/core/maintenance";
import { expectEqual, fail } from "../../suite/expectations.ts";

export type Path = readonly string[];

export function viewAt(store: ThreadStore, path: Path): ThreadStore {
  return path.reduce((view, name) => view.namespace(name), store);
}

/** Resolves with all names that `namespaces()` returns, page by page and sorted. */
export async function childrenOf(store: ThreadStore, limit?: number): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.namespaces({ limit, cursor });
    if (limit !== undefined && page.namespaces.length > limit)
      fail("a page has at most `limit` namespaces", `it had ${page.namespaces.length}`);
    names.push(...page.namespaces);
    ({ cursor } = page);
    // If a cursor repeats, the listing would never end.
    if (names.length > 1000) break;
  } while (cursor !== undefined);
  return names.toSorted();
}

/** Namespaces around `a`: nested in it, siblings whose names begin with it, and names that are its escaped forms. */
export const NEIGHBORS: readonly Path[] = [
  ["a"],
  ["a", "b"],
  ["a", "b", "c"],
  ["a", "\u00e9"],
  ["a", "%2F"],
  ["a b"],
  ["a!"],
  ["a-b"],
  ["a-b", "c"],
  ["a.b"],
  ["a/b"],
  ["a/", "b"],
  ["a0"],
  ["ab"],
  ["a%2Fb"],
  ["a~"],
  ["A"],
  ["A", "b"],
  ["b", "a"],
];

/** Saves a thread in the store itself and in each namespace. Resolves with the sizes, by `JSON.stringify` of the path. */
export async function saveEverywhere(
  store: ThreadStore,
  paths: readonly Path[],
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const [n, path] of [[], ...paths].entries()) {
    const { size } = await viewAt(store, path).save("t", { path, text: "\u00e9".repeat(n) });
    sizes.set(JSON.stringify(path), size);
  }
  return sizes;
}

/** Resolves with the paths whose thread exists. */
export async function remainingOf(store: ThreadStore, paths: readonly Path[]): Promise<Path[]> {
  const remaining: Path[] = [];
  for (const path of paths) if ((await viewAt(store, path).load("t")) !== undefined) remaining.push(path);
  return remaining;
}

/** Expects a receipt with these totals. */
export function expectReceipt(
  receipt: EraseResult,
  { threads, bytes }: Pick<EraseResult, "threads" | "bytes">,
  expectation: string,
): void {
  const actual = { threads: receipt.threads, bytes: receipt.bytes, cursor: receipt.cursor };
  expectEqual(actual, { threads, bytes, cursor: undefined }, expectation);
}

/** Interrupts an erase at the progress report of that number, and resolves with what was reported. */
export async function interruptErase(store: ThreadStore, reports: number): Promise<EraseProgress[]> {
  const progress: EraseProgress[] = [];
  const reason = new Error("interrupted");
  const erasing = store.erase({
    onProgress: async (report) => {
      progress.push(report);
      await Promise.resolve();
      if (progress.length === reports) throw reason;
    },
  });
  const outcome = await erasing.then(
    () => "it resolved",
    (error: unknown) => error,
  );
  expectEqual(outcome === reason, true, "an error that `onProgress` throws ends the erase with that error");
  return progress;
}
