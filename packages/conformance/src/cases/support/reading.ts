import { setTimeout as wait } from "node:timers/promises";
import type { ThreadStore, ThreadSummary } from "@threadstore/core";
import { loaded, same } from "../../suite/expectations.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";

/** The JSON of the thread, or `undefined`. */
export async function textOf(store: ThreadStore, id: string): Promise<string | undefined> {
  return (await store.load(id))?.json;
}

/** All ids in the order of the listing. */
export async function idsOf(store: ThreadStore, limit?: number): Promise<string[]> {
  return (await summariesOf(store, limit)).map(({ id }) => id);
}

export async function summariesOf(store: ThreadStore, limit?: number): Promise<ThreadSummary[]> {
  const summaries: ThreadSummary[] = [];
  for await (const summary of store.list({ limit })) summaries.push(summary);
  return summaries;
}

/** That a refused call left the thread at the version, with the text. */
export async function unchanged(
  store: ThreadStore,
  id: string,
  version: string,
  text: string,
): Promise<void> {
  const stored = await loaded(store, id, "a refused call leaves the thread there");
  same(stored.json, text, "a refused call leaves the thread as it was");
  same(stored.version, version, "a refused call leaves the version as it was");
}

/** The ids of each page, from the first to the one without a cursor. */
export async function pagesOf(store: ThreadStore, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listPage({ limit, cursor });
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
