import type { StoredThread } from "@threadstore/core";
import { keyValueHarness, keyValueChildProcess } from "../stores/key-value/key-value-harness.ts";
import { checkThenAct } from "./concurrency.ts";
import { conflict, type Mutant, mutant, yieldToEventLoop } from "./mutant.ts";

/** Returns a function that returns true every so many times. */
export function every(count: number): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls % count === 0;
  };
}

/** Bugs that are too rare, or show only in the order of several calls, for cases that inspect single calls. */
export const linearizabilityMutants: readonly Mutant[] = [
  {
    name: "lock in the process",
    bug: "checks and writes under a lock that other processes do not see",
    base: "HTTP",
    killedBy: ["C5-2"],
    make: () => ({ ...keyValueHarness("lock in the process"), childProcess: keyValueChildProcess("lock") }),
  },
  mutant(
    "rare check, then act",
    "checks the precondition separately from the write in one of 25 saves",
    ["C5-1"],
    () => {
      const isBuggy = every(25);
      return (inner, context) => {
        const { save = inner.save.bind(inner) } = checkThenAct((work) => work())(inner, context);
        return { save: (...parameters) => (isBuggy() ? save(...parameters) : inner.save(...parameters)) };
      };
    },
  ),
  mutant("lagging replica", "loads the state before the last save in one of 50 loads", ["C5-1"], () => {
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
  mutant(
    "conflict with itself",
    "sends one of 50 saves again and takes the second response",
    ["C5-1"],
    () => {
      const isBuggy = every(50);
      return (inner) => ({
        save: async (...parameters) => {
          const stored = await inner.save(...parameters);
          if (isBuggy() && parameters[2]?.overwrite !== true) throw conflict();
          return stored;
        },
      });
    },
  ),
  mutant("delete comes back", "restores the thread from a cache after one of 5 deletes", ["C5-1"], () => {
    const isBuggy = every(5);
    return (inner) => ({
      delete: async (id, ...rest) => {
        const before = await inner.load(id);
        const isGone = await inner.delete(id, ...rest);
        if (isGone && before !== undefined && isBuggy()) {
          await yieldToEventLoop();
          await inner.save(id, before.json).catch(() => undefined);
        }
        return isGone;
      },
    });
  }),
  mutant(
    "rare append by overwriting",
    "appends with load and overwrite in one of 4 appends",
    ["C5-1"],
    () => {
      const isBuggy = every(4);
      return (inner) => ({
        append: async (id, elements, options = {}) => {
          const current = await inner.load(id);
          if (current === undefined || options.previous !== undefined || !isBuggy())
            return inner.append(id, elements, options);
          await yieldToEventLoop();
          const { metadata } = options;
          const json = current.json.replace(
            /(\[?)\]\}$/u,
            (_, empty: string) => `${empty === "" ? "," : empty}${JSON.stringify(elements).slice(1)}}`,
          );
          const saved = await inner.save(id, json, { metadata, overwrite: true });
          return { ...saved, appended: true };
        },
      });
    },
  ),
  mutant(
    "touch by overwriting",
    "touches with load and overwrite, which reverts changes made meanwhile",
    ["C5-1"],
    () => (inner) => ({
      touch: async (id, options = {}) => {
        const current = await inner.load(id);
        if (current === undefined || options.previous !== undefined) return inner.touch(id, options);
        await yieldToEventLoop();
        const { metadata } = options;
        return inner.save(id, current.json, { metadata, overwrite: true });
      },
    }),
  ),
  mutant("lost acknowledged save", "loses one of 50 saves in an unnoticed crash", ["C5-1"], () => {
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
