import { keyValueHarness, keyValueChildProcess } from "../stores/key-value/key-value-harness.ts";
import { type Mutant, mutant, yieldToEventLoop } from "./mutant.ts";

/** The capacity of the pool. */
const POOL = 50;

/** Takes a connection from the pool and returns it if the call succeeds. */
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

/** Leftovers of calls and stores: in the listing, in the process, in a pool; and processes that share nothing. */
export const leftoverMutants: readonly Mutant[] = [
  mutant(
    "visible temporaries",
    "lists the temporary file of a save before renaming it",
    ["D3-3"],
    () => (inner) => ({
      save: async (id, thread, options) => {
        await inner.save(`${id}.tmp`, thread, { overwrite: true });
        await yieldToEventLoop();
        try {
          return await inner.save(id, thread, options);
        } finally {
          await inner.delete(`${id}.tmp`);
        }
      },
    }),
  ),
  {
    name: "leaked timer",
    bug: "leaves a timer running when it is closed",
    base: "HTTP",
    killedBy: ["F6-4"],
    make: () =>
      keyValueHarness("leaked timer", {
        onOpen: async () => void setTimeout(() => undefined, 30_000),
      }),
  },
  mutant("leaking pool", "loses a connection of its pool with each failing call", ["F6-5"], () => {
    const pooled = leakyPool();
    return (inner) => ({
      save: (...parameters) => pooled(() => inner.save(...parameters)),
      load: (...parameters) => pooled(() => inner.load(...parameters)),
    });
  }),
  {
    name: "process kept alive",
    bug: "keeps its process from exiting",
    base: "HTTP",
    killedBy: ["F3-10"],
    make: () => ({
      ...keyValueHarness("process kept alive"),
      childProcess: keyValueChildProcess("none", true),
    }),
  },
  {
    name: "separate counters",
    bug: "counts versions separately in each process",
    base: "HTTP",
    killedBy: ["C4-7"],
    make: () => ({ ...keyValueHarness("separate counters"), childProcess: keyValueChildProcess("lock") }),
  },
];
