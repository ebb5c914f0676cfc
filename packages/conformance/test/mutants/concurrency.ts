import type { StoredThread, ThreadSummary } from "@threadstore/core";
import { type Bug, conflict, type Mutant, mutant, yieldToEventLoop, pageOf, versionIn } from "./mutant.ts";

/** Checks whether the precondition holds and then writes over whatever is stored by then. */
export function checkThenAct(lock: <T>(work: () => Promise<T>) => Promise<T>): Bug {
  return (inner) => ({
    save: (id, thread, options = {}) =>
      lock(async () => {
        const expected = versionIn(options.previous);
        const stored = await inner.load(id);
        if (options.overwrite !== true && stored?.version !== expected) throw conflict();
        return inner.save(id, thread, { ...options, previous: undefined, overwrite: true });
      }),
    delete: (id, options = {}) =>
      lock(async () => {
        const expected = versionIn(options.previous);
        const stored = await inner.load(id);
        if (expected !== undefined && stored?.version !== expected) throw conflict();
        return inner.delete(id);
      }),
  });
}

/** Runs the work after all earlier work. */
export function newLock(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const queued = last.then(work, work);
    last = queued;
    return queued;
  };
}

/** The replica's records and how old they may be. */
function replica(): Bug {
  const copies = new Map<string, StoredThread>();
  let saves = 0;
  return (inner) => {
    let loads = 0;
    return {
      save: async (id, ...rest) => {
        const stored = await inner.save(id, ...rest);
        saves += 1;
        if (saves % 7 === 0 || !copies.has(id)) copies.set(id, stored);
        return stored;
      },
      load: async (id, options) => {
        loads += 1;
        const copy = copies.get(id);
        return loads % 2 === 0 && copy !== undefined ? copy : inner.load(id, options);
      },
    };
  };
}

export const concurrencyMutants: readonly Mutant[] = [
  mutant(
    "check-then-act",
    "checks the precondition and writes in two steps",
    ["C4-1", "C4-2", "C4-3", "C4-5", "C5-1", "C7-10"],
    () => checkThenAct((work) => work()),
  ),
  mutant(
    "lock in the client",
    "checks and writes under a lock that other clients do not see",
    ["C4-4"],
    () => {
      const locks = new WeakMap<object, ReturnType<typeof newLock>>();
      return (inner, context) => {
        const lock = locks.get(inner) ?? newLock();
        locks.set(inner, lock);
        return checkThenAct(lock)(inner, context);
      };
    },
  ),
  mutant("overwritten in place", "writes over the old thread piece by piece", ["D1-1"], () => (inner) => ({
    save: async (id, thread, options) => {
      const text = typeof thread === "string" ? thread : JSON.stringify(thread);
      const stored = await inner.save(id, text.replace(/"end":\d+/u, '"end":-1'), options);
      await yieldToEventLoop();
      return inner.save(id, thread, { ...options, previous: undefined, overwrite: true }).catch(() => stored);
    },
  })),
  mutant("separate metadata", "writes the metadata in a separate step", ["C1-10"], () => (inner) => ({
    save: async (id, thread, { metadata, ...options } = {}) => {
      const stored = await inner.save(id, thread, options);
      await yieldToEventLoop();
      return metadata === undefined ? stored : inner.save(id, thread, { metadata, overwrite: true });
    },
  })),
  mutant("index", "keeps an index that concurrent saves overwrite", ["C4-6"], () => {
    let index: readonly string[] = [];
    return (inner) => ({
      save: async (id, ...rest) => {
        const before = index;
        const stored = await inner.save(id, ...rest);
        index = [...before.filter((each) => each !== id), id];
        return stored;
      },
      listPage: async ({ cursor = "0", limit } = {}) => {
        const stored = await Promise.all(index.map((id) => inner.load(id)));
        const all = stored.flatMap((each): ThreadSummary[] =>
          each === undefined ? [] : [{ ...each, corrupt: false }],
        );
        return pageOf(all, Number(cursor), limit);
      },
    });
  }),
  mutant("replicas", "loads from replicas that lag behind", ["E4-3", "E4-4", "C5-1"], replica),
];
