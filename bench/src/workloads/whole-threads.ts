import type { Client } from "../clients/client.ts";
import type { Stopwatch } from "../measure/stopwatch.ts";
import { messagesOfSize } from "../messages.ts";
import type { Run, Workload, WorkloadCase } from "./workload.ts";

const sizes = { "5 KB": 5_000, "50 KB": 50_000, "2 MB": 2_000_000 } as const;
const ID = "whole";

type Measure = (run: Run, bytes: number, times: number) => Promise<void>;

function ofEachSize(suits: (client: Client) => boolean, measure: Measure, cold = false): Workload["cases"] {
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
          prepare: async (client) => client.replace?.(ID, { messages: messagesOfSize(bytes) }),
          run: (run) => measure(run, bytes, times),
        };
      });
}

const WARM_UP_CALLS = 2000;
const WARM_UP_MS = 500;

/** Runs calls that are not measured, because a server has compiled its hot code long before. */
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
  description: "Replaces a loaded thread with one that differs from its first message on.",
  cases: ofEachSize(
    ({ replace }) => replace !== undefined,
    async ({ client, watch }, bytes, times) => {
      await client.load(ID);
      const threads = [messagesOfSize(bytes), messagesOfSize(bytes)];
      const save = async (time: number): Promise<void> =>
        client.replace?.(ID, { messages: threads[time % 2] ?? [] });
      await warmUp(watch, times, save);
      for (let time = 0; time < times; time += 1) await watch.step(() => save(time));
    },
  ),
};

export const pointLoad: Workload = {
  name: "load",
  description: "Loads and parses a thread over warm connections.",
  cases: ofEachSize(
    ({ replace }) => replace !== undefined,
    async ({ client, watch }, _, times) => {
      await warmUp(watch, times, () => client.load(ID));
      for (let time = 0; time < times; time += 1) await watch.step(() => client.load(ID));
    },
  ),
};

export const warmLoad: Workload = {
  name: "warm load",
  description: "Loads a thread that the caller holds and that has not changed.",
  cases: ofEachSize(
    ({ reload }) => reload !== undefined,
    async ({ client, watch }, _, times) => {
      await client.load(ID);
      await warmUp(watch, times, async () => client.reload?.(ID));
      for (let time = 0; time < times; time += 1) await watch.step(async () => client.reload?.(ID));
    },
  ),
};

export const coldStart: Workload = {
  name: "cold start",
  description: "From opening a store to the first loaded thread, with modules in memory.",
  cases: ofEachSize(
    ({ replace }) => replace !== undefined,
    async ({ watch, reopen }, _, times) => {
      for (let time = 0; time < Math.min(times, 20); time += 1) {
        const opened = await watch.step(async () => {
          const client = await reopen();
          await client.load(ID);
          return client;
        });
        await opened.close();
      }
    },
    true,
  ),
};
