import { type ThreadStore, ThreadStoreError } from "@threadstore/core";

/** A thread that counts up. */
export interface Worker {
  readonly id: string;
  /** The last number whose save was acknowledged. */
  acknowledged: number;
  /** The number of acknowledged saves since the server was killed. */
  savesAfterKill: number;
}

/** Counts up in a thread, one save at a time, until `state.isDone`. */
export async function countUp(
  store: ThreadStore,
  worker: Worker,
  state: { isKilled: boolean; isDone: boolean; readonly codes: unknown[] },
): Promise<void> {
  while (!state.isDone) {
    try {
      let previous = await store.load(worker.id);
      while (!state.isDone) {
        const n = Number(previous?.thread["n"] ?? 0) + 1;
        const wasKilled = state.isKilled;
        previous = await store.save(worker.id, { n, text: "x".repeat(n * 100) }, { previous });
        worker.acknowledged = n;
        if (wasKilled) worker.savesAfterKill += 1;
      }
    } catch (error) {
      if (!ThreadStoreError.is(error)) throw error;
      state.codes.push(error.code);
    }
  }
}
