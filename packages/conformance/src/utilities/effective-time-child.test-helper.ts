// Measures the effective time of a process that does nothing else: in the process of the tests, other work may run.
import { setTimeout as sleep } from "node:timers/promises";
import { startStopwatch } from "./effective-time.ts";

export interface MeasuredTimes {
  readonly wall: number;
  readonly effective: number;
  readonly cpu: number;
}

/** Computes until this process has used so much more CPU time, in milliseconds. */
export function burn(milliseconds: number): void {
  const start = process.cpuUsage().user;
  // Asking for the time takes three times as much of the system as of this process.
  while (process.cpuUsage().user - start < milliseconds * 1000)
    for (let n = 0; n < 100_000; n += 1) Math.sqrt(n);
}

if (process.argv[1] === import.meta.filename) {
  const [start, elapsedMs, cpuBefore] = [performance.now(), startStopwatch(), process.cpuUsage()];
  if (process.argv[2] === "compute") burn(300);
  else await sleep(1_000);
  const effective = elapsedMs();
  const { user, system } = process.cpuUsage(cpuBefore);
  const times: MeasuredTimes = { wall: performance.now() - start, effective, cpu: (user + system) / 1000 };
  process.stdout.write(JSON.stringify(times));
}
