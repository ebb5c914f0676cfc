// Time limits that a busy machine does not use up. A limit in wall time cannot tell a store that hangs from one that
// gets no CPU, so the suite measures effective time: wall time without the time that threads of this process and of
// its child processes were ready to run and waited for a CPU. Linux reports that wait for each thread. A process that
// waits for a timer, a lock or a response is not ready to run: that time counts in full, however busy the machine is,
// and so the limits find what they would find on an idle machine.
import { readdirSync, readFileSync } from "node:fs";

/** The times of a thread so far, in milliseconds. */
interface ThreadTimes {
  readonly running: number;
  readonly waiting: number;
}

const NS_PER_MS = 1e6;

/** Between two checks whether a limit has expired. */
const SHORTEST_DELAY_MS = 10;

/** Starts a stopwatch. The function returns how much effective time has passed since, in milliseconds. */
export function startStopwatch(): () => number {
  const start = performance.now();
  const before = threadTimes(process.pid);
  let elapsed = 0;
  return () => {
    const wall = performance.now() - start;
    // Linux reports a wait only when it ends, so a later reading can be lower. A stopwatch must not go back.
    elapsed = Math.max(elapsed, wall - starvation(wall, before, threadTimes(process.pid)));
    return elapsed;
  };
}

/**
 * Starts a limit of so much effective time, in milliseconds. The function returns whether it has expired. It is cheap
 * until that much wall time has passed.
 */
export function startTimeLimit(milliseconds: number): () => boolean {
  const start = performance.now();
  const elapsedMs = startStopwatch();
  let hasExpired = false;
  return () => {
    hasExpired ||= performance.now() - start >= milliseconds && elapsedMs() >= milliseconds;
    return hasExpired;
  };
}

/**
 * Calls back once after so much effective time, in milliseconds. The function cancels it. Tests replace the stopwatch.
 */
export function afterEffectiveTime(
  milliseconds: number,
  callback: () => void,
  elapsedMs: () => number = startStopwatch(),
): () => void {
  let timer = setTimeout(check, milliseconds);
  function check(): void {
    const remaining = milliseconds - elapsedMs();
    if (remaining <= 0) callback();
    else timer = setTimeout(check, Math.max(remaining, SHORTEST_DELAY_MS));
  }
  return () => clearTimeout(timer);
}

/**
 * How much of the wall time passed without a CPU. Threads that wait at the same time delay the process once, so the sum
 * of their waits is scaled to the wall time.
 */
function starvation(
  wall: number,
  before: ReadonlyMap<string, ThreadTimes>,
  after: ReadonlyMap<string, ThreadTimes>,
): number {
  let [running, waiting] = [0, 0];
  for (const [thread, times] of after) {
    const previous = before.get(thread) ?? { running: 0, waiting: 0 };
    running += times.running - previous.running;
    waiting += times.waiting - previous.waiting;
  }
  return waiting * Math.min(1, wall / (running + waiting || 1));
}

/** The times of all threads of a process and its descendants. Empty where the system does not report them. */
function threadTimes(pid: number, times: Map<string, ThreadTimes> = new Map()): Map<string, ThreadTimes> {
  for (const thread of entriesOf(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    const [running = 0, waiting = 0] = numbersIn(`${folder}/schedstat`);
    times.set(`${pid}/${thread}`, { running: running / NS_PER_MS, waiting: waiting / NS_PER_MS });
    for (const child of numbersIn(`${folder}/children`)) threadTimes(child, times);
  }
  return times;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Another operating system, or the process has ended.
    return [];
  }
}

function numbersIn(file: string): number[] {
  try {
    return readFileSync(file, "utf8")
      .split(" ")
      .filter((word) => word.trim() !== "")
      .map(Number);
  } catch {
    return [];
  }
}
