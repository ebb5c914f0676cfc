import type { StoredThread } from "@threadstore/core";
import { keyValueHarness, keyValuePeer } from "../stores/key-value/key-value-harness.ts";
import { checkThenAct } from "./concurrency.ts";
import { conflict, type Mutant, mutant, nextTurn } from "./mutant.ts";

/** Says yes every so many times that it is asked. */
export function every(count: number): () => boolean {
  let asked = 0;
  return () => {
    asked += 1;
    return asked % count === 0;
  };
}

/** Bugs that show too rarely, or only in the order of several calls, for cases that look at one call. */
export const linearizabilityMutants: readonly Mutant[] = [
  {
    name: "lock in the process",
    bug: "checks and writes under a lock that other processes do not see",
    base: "HTTP",
    killedBy: ["C5-2"],
    make: () => ({ ...keyValueHarness("lock in the process"), peer: keyValuePeer(true) }),
  },
  mutant("rare check, then act", "checks apart from the write in one of 25 saves", ["C5-1"], () => {
    const isBuggy = every(25);
    return (inner, surroundings) => {
      const { save = inner.save.bind(inner) } = checkThenAct((work) => work())(inner, surroundings);
      return { save: (...parameters) => (isBuggy() ? save(...parameters) : inner.save(...parameters)) };
    };
  }),
  mutant("lagging replica", "loads what was there one save ago in one of 50 loads", ["C5-1"], () => {
    const isBuggy = every(50);
    const before = new Map<string, StoredThread>();
    const latest = new Map<string, StoredThread>();
    return (inner) => ({
      save: async (id, ...rest) => {
        const stored = await inner.save(id, ...rest);
        const replaced = latest.get(id);
        if (replaced !== undefined) before.set(id, replaced);
        latest.set(id, stored);
        return stored;
      },
      load: async (id, ...rest) => (isBuggy() ? before.get(id) : undefined) ?? inner.load(id, ...rest),
    });
  }),
  mutant("conflict with itself", "sends one of 50 saves again and takes the second answer", ["C5-1"], () => {
    const isBuggy = every(50);
    return (inner) => ({
      save: async (...parameters) => {
        const stored = await inner.save(...parameters);
        if (isBuggy() && parameters[2]?.overwrite !== true) throw conflict();
        return stored;
      },
    });
  }),
  mutant("delete comes back", "writes back from a cache what one of 5 deletes removed", ["C5-1"], () => {
    const isBuggy = every(5);
    return (inner) => ({
      delete: async (id, ...rest) => {
        const before = await inner.load(id);
        const isGone = await inner.delete(id, ...rest);
        if (isGone && before !== undefined && isBuggy()) {
          await nextTurn();
          await inner.save(id, before.json).catch(() => undefined);
        }
        return isGone;
      },
    });
  }),
  mutant("lost acknowledged save", "forgets one of 50 saves in a crash that nobody notices", ["C5-1"], () => {
    const isBuggy = every(50);
    return (inner) => ({
      save: async (id, thread, options) => {
        const before = await inner.load(id);
        const stored = await inner.save(id, thread, options);
        if (isBuggy() && before === undefined)
          await inner.delete(id, { previous: stored }).catch(() => false);
        return stored;
      },
    });
  }),
];
