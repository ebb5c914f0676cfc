import { keyValueHarness, keyValuePeer } from "../stores/key-value/key-value-harness.ts";
import { type Mutant, mutant, nextTurn } from "./mutant.ts";

/** How many calls the broken pool has room for. */
const POOL = 50;

/** Takes a place for each call, and has it back when the call succeeds. */
function leakyPool(): <T>(call: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = POOL;
  return async (call) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    free -= 1;
    const result = await call();
    free += 1;
    waiting.shift()?.();
    return result;
  };
}

/** What calls and stores leave behind: in the listing, in the process, in a pool; and processes that share nothing. */
export const leftoverMutants: readonly Mutant[] = [
  mutant(
    "visible temporaries",
    "lists what it saves a thread to before it renames it",
    ["D3-3"],
    () => (inner) => ({
      save: async (id, thread, options) => {
        await inner.save(`${id}.tmp`, thread, { overwrite: true });
        await nextTurn();
        try {
          return await inner.save(id, thread, options);
        } finally {
          await inner.delete(`${id}.tmp`);
        }
      },
    }),
  ),
  {
    name: "a timer each",
    bug: "leaves a timer running when it is closed",
    base: "HTTP",
    killedBy: ["F6-4"],
    make: () =>
      keyValueHarness("a timer each", {
        onOpen: async () => void setTimeout(() => undefined, 30_000),
      }),
  },
  mutant("leaky pool", "loses a place of its pool with each call that fails", ["F6-5"], () => {
    const pooled = leakyPool();
    return (inner) => ({
      save: (...parameters) => pooled(() => inner.save(...parameters)),
      load: (...parameters) => pooled(() => inner.load(...parameters)),
    });
  }),
  {
    name: "process that stays",
    bug: "keeps its process from ending",
    base: "HTTP",
    killedBy: ["F3-10"],
    make: () => ({ ...keyValueHarness("process that stays"), peer: keyValuePeer(false, true) }),
  },
  {
    name: "count of its own",
    bug: "counts in each process for itself",
    base: "HTTP",
    killedBy: ["C4-7"],
    make: () => ({ ...keyValueHarness("count of its own"), peer: keyValuePeer(true) }),
  },
];
