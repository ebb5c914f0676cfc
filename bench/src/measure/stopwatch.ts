import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Counters, counters } from "./counters.ts";

/** The cost of one run of a subject. Times cover the measured steps, bytes everything since the last restart. */
export interface Sample {
  readonly wallMs: number;
  /** User and system time of all threads of this process. Servers are separate processes. */
  readonly cpuMs: number;
  readonly sent: number;
  readonly received: number;
  readonly written: number | undefined;
  /** Growth of the memory in use, in bytes, before garbage collection. */
  readonly memory: number;
  /** Duration of each measured step, in milliseconds. */
  readonly steps: readonly number[];
}

export interface Stopwatch {
  /** Discards the bytes and memory counted so far: they were the warm-up. */
  readonly restart: () => void;
  readonly step: <T>(work: () => Promise<T>) => Promise<T>;
  /** Measures concurrent steps, whose elapsed time counts once. */
  readonly together: (works: readonly (() => Promise<unknown>)[]) => Promise<void>;
}

/** Runs `run` and returns what its measured steps cost. */
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

/** Collects garbage, so that no subject pays for that of the previous one. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
