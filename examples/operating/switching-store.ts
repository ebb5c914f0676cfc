// The store of an application whose threads move to another store: reads continue, and changes wait for some seconds.
import { setTimeout } from "node:timers/promises";
import type { ThreadStore } from "@threadstore/core";
import { updateThread } from "@threadstore/core/decorator";

/** Which store is used: the old one, the old one while changes wait, or the new one. */
export type Phase = "copying" | "pausing" | "moved";

/** How long a process may use a phase after it has read it, in milliseconds. */
export const PHASE_MS = 1000;

/** Returns a function that reads the phase, which an operator stores in a thread. */
export function phaseIn(store: ThreadStore): () => Promise<Phase> {
  let [readAt, phase] = [Number.NEGATIVE_INFINITY, "copying" as Phase];
  return async () => {
    const startedAt = performance.now();
    if (startedAt - readAt < PHASE_MS) return phase;
    const stored = await store.load("phase");
    [readAt, phase] = [startedAt, (stored?.thread as { phase?: Phase } | undefined)?.phase ?? "copying"];
    return phase;
  };
}

export function switchingStore(from: ThreadStore, to: ThreadStore, phase: () => Promise<Phase>): ThreadStore {
  const read = async (): Promise<ThreadStore> => ((await phase()) === "moved" ? to : from);
  const change = async (): Promise<ThreadStore> => {
    while ((await phase()) === "pausing") await setTimeout(PHASE_MS / 10);
    return read();
  };
  const close = async (): Promise<void> => void (await Promise.all([from.close(), to.close()]));
  const store: ThreadStore = {
    load: async (...call) => (await read()).load(...call),
    listPage: async (...call) => (await read()).listPage(...call),
    namespaces: async (...call) => (await read()).namespaces(...call),
    async *list(...call) {
      yield* (await read()).list(...call);
    },
    save: async (...call) => (await change()).save(...call),
    append: async (...call) => (await change()).append(...call),
    touch: async (...call) => (await change()).touch(...call),
    delete: async (...call) => (await change()).delete(...call),
    deleteExpired: async (...call) => (await change()).deleteExpired(...call),
    erase: async (...call) => (await change()).erase(...call),
    // Its load and its save may use different stores. Then the save has a conflict, and it starts over.
    update: (id, changeThread, options = {}) => updateThread(store, id, changeThread, options),
    namespace: (name) => switchingStore(from.namespace(name), to.namespace(name), phase),
    close,
    [Symbol.asyncDispose]: close,
  };
  return store;
}
