import type { ThreadStore, StoredThread } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { loadExisting, expectTrue, show } from "../../suite/expectations.ts";
import { range } from "../../utilities/parallel.ts";
import { summariesOf } from "./reading.ts";

const letters = ["a", "b"] as const;

/** Returns a long or short thread of one letter, so that mixtures of two are recognizable. */
export function block(n: number): { n: number; text: string; end: number } {
  const length = n % 3 === 0 ? 1000 : 300_000;
  return { n, text: (letters[n % 2] ?? "a").repeat(length), end: n };
}

/** Makes numbered writes, from 0 on. */
export type Writer = (store: ThreadStore) => (n: number) => Promise<void>;

/** Makes so many writes, and more until all watchers have loaded the thread several times. */
export async function writeWhileWatched(
  { open, signal }: CaseContext,
  steps: number,
  writer: Writer,
  watcher: () => (stored: StoredThread) => void,
): Promise<void> {
  const store = await open();
  const readers = [store, await open(), await open()];
  const loads = readers.map(() => 0);
  // Otherwise the case would prove nothing.
  const hasEachLoaded = (): boolean => loads.every((count) => count >= 3);
  let done = false;
  const isDone = (): boolean => done || signal.aborted;
  const watch = async (reader: ThreadStore, index: number): Promise<void> => {
    const check = watcher();
    while (!isDone()) {
      check(await loadExisting(reader, "a", "a thread exists while it is being saved"));
      loads[index] = (loads[index] ?? 0) + 1;
    }
  };
  const write = async (): Promise<void> => {
    const step = writer(store);
    for (let n = 0; (n < steps || !hasEachLoaded()) && !signal.aborted; n += 1) await step(n);
  };
  const writing = write().finally(() => {
    done = true;
  });
  await Promise.all([writing, ...readers.map(watch)]);
}

export async function listDuringChanges({ open, settings, signal }: CaseContext): Promise<void> {
  const [store, other] = [await open(), await open()];
  const ids = range(6).map((n) => `thread-${n}`);
  const thread = { text: "x".repeat(30_000) };
  await Promise.all(ids.map((id) => store.save(id, thread)));
  let [done, listings] = [false, 0];
  const isDone = (): boolean => done;
  const hasListed = (): boolean => listings >= 3;
  const listing = async (): Promise<void> => {
    for (; !isDone(); listings += 1) {
      for (const { id, corrupt } of await summariesOf(other)) {
        expectTrue(
          ids.includes(id),
          "a listing contains only threads that were saved",
          `it contained ${show(id)}`,
        );
        expectTrue(!corrupt, "no thread is listed as corrupt while it is being saved", `${show(id)} was`);
      }
    }
  };
  const writing = async (): Promise<void> => {
    const rounds = settings.effort === "quick" ? 6 : 20;
    for (let n = 0; (n < rounds || !hasListed()) && !signal.aborted; n += 1) {
      // Half of the threads are replaced, the others are deleted and created.
      const [replaced, toggled] = [ids.slice(0, 3), ids.slice(3)];
      await Promise.all([
        ...replaced.map((id) => store.save(id, thread, { overwrite: true })),
        ...toggled.map((id) => (n % 2 === 0 ? store.delete(id) : store.save(id, thread))),
      ]);
    }
  };
  const written = writing().finally(() => {
    done = true;
  });
  await Promise.all([written, listing()]);
}

export const writeBlocks: Writer = (store) => async (n) =>
  void (await store.save("a", block(n), { overwrite: true }));
