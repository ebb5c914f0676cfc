import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Counters, counters } from "./counters.ts";

/** What one run of a contestant cost. Times are of what was measured, bytes of all since the last restart. */
export interface Sample {
  readonly wallMs: number;
  /** Of this process, all its threads: user and system. Servers are other processes. */
  readonly cpuMs: number;
  readonly sent: number;
  readonly received: number;
  readonly written: number | undefined;
  /** How much larger the memory in use was at the end, in bytes, before it was collected. */
  readonly memory: number;
  /** How long each measured step took. */
  readonly steps: readonly number[];
}

export interface Stopwatch {
  /** What was done so far does not count: it was to warm up. */
  readonly restart: () => void;
  readonly step: <T>(work: () => Promise<T>) => Promise<T>;
  /** Steps that run at once: their time counts once. */
  readonly together: (works: readonly (() => Promise<unknown>)[]) => Promise<void>;
}

/** Runs what `run` measures step by step. */
export async function measured(run: (watch: Stopwatch) => Promise<void>): Promise<Sample> {
  let memoryBefore = 0;
  let before = counters();
  const steps: number[] = [];
  let wallMs = 0;
  let cpu = 0;
  const restart = (): void => {
    collectGarbage();
    memoryBefore = memoryInUse();
    before = counters();
  };
  const span = async <T>(work: () => Promise<T>): Promise<T> => {
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    wallMs += performance.now() - start;
    const { user, system } = process.cpuUsage(cpuBefore);
    cpu += user + system;
    return result;
  };
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    steps.push(performance.now() - start);
    return result;
  };
  restart();
  await run({
    restart,
    step: (work) => span(() => timed(work)),
    together: (works) => span(async () => void (await Promise.all(works.map(timed)))),
  });
  const bytes = difference(counters(), before);
  return { wallMs, cpuMs: cpu / 1000, ...bytes, memory: memoryInUse() - memoryBefore, steps };
}

function difference(after: Counters, before: Counters): Counters {
  const written =
    after.written === undefined || before.written === undefined ? undefined : after.written - before.written;
  return { sent: after.sent - before.sent, received: after.received - before.received, written };
}

export function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let collect: (() => void) | undefined;

/** So that nobody pays for the garbage of the contestant before. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
