import { setTimeout as wait } from "node:timers/promises";
import type { ThreadStore, ThreadSummary } from "@threadstore/core";
import { loadExisting, expectEqual } from "../../suite/expectations.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";

/** Resolves with the JSON of the thread, or `undefined`. */
export async function textOf(store: ThreadStore, id: string): Promise<string | undefined> {
  return (await store.load(id))?.json;
}

/** Resolves with all ids in listing order. */
export async function idsOf(store: ThreadStore, limit?: number): Promise<string[]> {
  return (await summariesOf(store, limit)).map(({ id }) => id);
}

export async function summariesOf(store: ThreadStore, limit?: number): Promise<ThreadSummary[]> {
  const summaries: ThreadSummary[] = [];
  for await (const summary of store.list({ limit })) summaries.push(summary);
  return summaries;
}

/** Expects that a rejected call left the thread at this version, with this text. */
export async function expectUnchanged(
  store: ThreadStore,
  id: string,
  version: string,
  text: string,
): Promise<void> {
  const stored = await loadExisting(store, id, "a thread exists after a rejected call");
  expectEqual(stored.json, text, "a rejected call does not change the thread");
  expectEqual(stored.version, version, "a rejected call does not change the version");
}

/** Resolves with the ids of each page, up to the one without a cursor. */
export async function pagesOf(store: ThreadStore, limit: number, prefix?: string): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listPage({ limit, cursor, prefix });
    pages.push(page.threads.map(({ id }) => id));
    ({ cursor } = page);
  } while (cursor !== undefined);
  return pages;
}

/** Waits until the condition holds, for so many milliseconds of effective time, or until the case ends. */
export async function pollFor(
  milliseconds: number,
  signal: AbortSignal,
  condition: () => Promise<boolean>,
): Promise<void> {
  const elapsedMs = startStopwatch();
  while (elapsedMs() < milliseconds && !(await condition())) await wait(20, undefined, { signal });
}
