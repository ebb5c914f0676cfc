import type { Keeper } from "../keepers/keeper.ts";
import type { Stopwatch } from "../measure/stopwatch.ts";
import { messagesOfSize } from "../turns.ts";
import type { Run, Workload, WorkloadCase } from "./workload.ts";

const sizes = { "5 KB": 5_000, "50 KB": 50_000, "2 MB": 2_000_000 } as const;
const id = "whole";

type Measure = (run: Run, bytes: number, times: number) => Promise<void>;

function ofEachSize(suits: (keeper: Keeper) => boolean, measure: Measure, cold = false): Workload["cases"] {
  return (scale) =>
    Object.entries(sizes)
      .filter(([, bytes]) => scale === "full" || bytes < 1_000_000)
      .map(([name, bytes]): WorkloadCase => {
        const times = scale === "quick" ? 3 : bytes > 1_000_000 ? 20 : 500;
        return {
          name,
          size: bytes,
          cold,
          suits,
          prepare: async (keeper) => keeper.replace?.(id, { messages: messagesOfSize(bytes) }),
          run: (run) => measure(run, bytes, times),
        };
      });
}

const WARM_UP_CALLS = 2000;
const WARM_UP_MS = 500;

/** What a server does, it has done many times before: code that is compiled late must not count as the library's. */
async function warmUp(
  { restart }: Stopwatch,
  times: number,
  call: (time: number) => Promise<unknown>,
): Promise<void> {
  const started = performance.now();
  const calls = times < 10 ? times : WARM_UP_CALLS;
  for (let time = 0; time < calls && performance.now() - started < WARM_UP_MS; time += 1) await call(time);
  restart();
}

export const pointSave: Workload = {
  name: "save",
  description: "A whole thread, changed from its first message on, replaces the one that was loaded.",
  cases: ofEachSize(
    ({ replace }) => replace !== undefined,
    async ({ keeper, watch }, bytes, times) => {
      await keeper.load(id);
      const threads = [messagesOfSize(bytes), messagesOfSize(bytes)];
      const save = async (time: number): Promise<void> =>
        keeper.replace?.(id, { messages: threads[time % 2] ?? [] });
      await warmUp(watch, times, save);
      for (let time = 0; time < times; time += 1) await watch.step(() => save(time));
    },
  ),
};

export const pointLoad: Workload = {
  name: "load",
  description: "A whole thread, parsed, on connections that are in use.",
  cases: ofEachSize(
    ({ replace }) => replace !== undefined,
    async ({ keeper, watch }, _, times) => {
      await warmUp(watch, times, () => keeper.load(id));
      for (let time = 0; time < times; time += 1) await watch.step(() => keeper.load(id));
    },
  ),
};

export const warmLoad: Workload = {
  name: "warm load",
  description: "A thread that the caller has, and that has not changed.",
  cases: ofEachSize(
    ({ reload }) => reload !== undefined,
    async ({ keeper, watch }, _, times) => {
      await keeper.load(id);
      await warmUp(watch, times, async () => keeper.reload?.(id));
      for (let time = 0; time < times; time += 1) await watch.step(async () => keeper.reload?.(id));
    },
  ),
};

export const coldStart: Workload = {
  name: "cold start",
  description: "From opening to the first thread loaded, with modules in memory.",
  cases: ofEachSize(
    ({ replace }) => replace !== undefined,
    async ({ watch, reopen }, _, times) => {
      for (let time = 0; time < Math.min(times, 20); time += 1) {
        const opened = await watch.step(async () => {
          const keeper = await reopen();
          await keeper.load(id);
          return keeper;
        });
        await opened.close();
      }
    },
    true,
  ),
};
