import type { ThreadStore } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/driver";
import { turnMessages } from "../messages.ts";
import type { StorePlace } from "../stores/open-stores.ts";

/** The namespace of the threads. */
export const NAMESPACE = "tenant";
/** How many threads each owner has, regardless of the number of threads. */
const THREADS_PER_OWNER = 50;
/** One thread of this many has expired. */
export const EXPIRED_PART = 50;
const HOUR_MS = 3_600_000;
const CONCURRENCY = 32;

/** Saves threads, each with one turn and an owner. Every fiftieth has expired. */
export async function fill(
  { open }: StorePlace,
  count: number,
  onProgress: (saved: number) => void,
): Promise<void> {
  await using current = open({ isDurable: false });
  await using past = open({ isDurable: false, ttlMs: 1000, now: () => Date.now() - HOUR_MS });
  const [living, expired] = [current, past].map(({ store }) => store.namespace(NAMESPACE));
  let saved = 0;
  const save = async (n: number): Promise<void> => {
    const store = (n % EXPIRED_PART === 0 ? expired : living) as ThreadStore;
    await store.save(idOf(n), { messages: turnMessages(1) }, { metadata: { owner: ownerOf(n) } });
    saved += 1;
    onProgress(saved);
  };
  await mapConcurrently(
    Array.from({ length: count }, (_, n) => n),
    save,
    CONCURRENCY,
  );
}

function idOf(n: number): string {
  return `t-${String(n).padStart(7, "0")}`;
}

function ownerOf(n: number): string {
  return `user-${Math.floor(n / THREADS_PER_OWNER)}`;
}

/** A thread and an owner in the middle of the namespace. */
export function middleOf(count: number): { readonly id: string; readonly owner: string } {
  const middle = Math.floor(count / 2);
  // The first of the owner's threads may have expired.
  return { id: idOf(middle + 1), owner: ownerOf(middle) };
}
