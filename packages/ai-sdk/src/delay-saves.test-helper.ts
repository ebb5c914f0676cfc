import { setImmediate as nextTask } from "node:timers/promises";
import type { ThreadStore } from "@threadstore/core";
import { vi } from "vitest";

/** Makes each save of a store take longer than what a page does when it receives a chunk. */
export function delaySaves(store: ThreadStore): void {
  const save = store.save.bind(store);
  vi.spyOn(store, "save").mockImplementation(async (...parameters) => {
    for (let task = 0; task < 50; task += 1) await nextTask();
    return save(...parameters);
  });
}
