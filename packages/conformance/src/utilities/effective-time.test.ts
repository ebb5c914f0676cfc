import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { burn, type MeasuredTimes } from "./effective-time-child.test-helper.ts";
import { afterEffectiveTime, startStopwatch } from "./effective-time.ts";

/** Measures a process that waits for a second, or computes for 0.3 s. */
async function measure(work: "wait" | "compute"): Promise<MeasuredTimes> {
  const program = fileURLToPath(new URL("effective-time-child.test-helper.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, work]);
  return JSON.parse(stdout) as MeasuredTimes;
}

describe("effective time", () => {
  it("passes while the process waits, like wall time", async () => {
    const { effective, wall } = await measure("wait");
    expect(effective).toBeLessThanOrEqual(wall);
    expect(effective).toBeGreaterThan(500);
  });

  it.runIf(process.platform === "linux")("passes while the process computes, like CPU time", async () => {
    const { effective, cpu } = await measure("compute");
    expect(effective).toBeGreaterThan(200);
    expect(effective).toBeLessThan(1.5 * cpu);
  });

  it.runIf(process.platform === "linux")("does not pass while child processes wait for a CPU", async () => {
    const [start, elapsedMs] = [performance.now(), startStopwatch()];
    const program = `${burn.toString()} burn(600);`;
    const children = Array.from({ length: 2 * availableParallelism() + 1 }, () =>
      promisify(execFile)(process.execPath, ["--eval", program]),
    );
    await sleep(800);
    // While they are running: the times of a process are gone when it ends.
    expect(elapsedMs()).toBeLessThan(0.75 * (performance.now() - start));
    await Promise.all(children);
  });

  it("never goes back, even if Linux reports a wait late", async () => {
    const elapsedMs = startStopwatch();
    const program = `${burn.toString()} burn(200);`;
    const children = Array.from({ length: 2 * availableParallelism() }, () =>
      promisify(execFile)(process.execPath, ["--eval", program]),
    );
    const readings: number[] = [];
    for (let n = 0; n < 50; n += 1) {
      readings.push(elapsedMs());
      await sleep(10);
    }
    expect(readings).toEqual(readings.toSorted((one, other) => one - other));
    await Promise.all(children);
  });
});

describe("afterEffectiveTime", () => {
  afterEach(() => void vi.useRealTimers());

  it("calls back once, when the stopwatch shows that the time has passed", () => {
    vi.useFakeTimers();
    // The machine is so busy that 50 ms of effective time take three attempts.
    const readings = [20, 49, 50];
    let calls = 0;
    afterEffectiveTime(
      50,
      () => (calls += 1),
      () => readings.shift() ?? Infinity,
    );
    // The first reading is after 50 ms, the second 30 ms later, and the third after the shortest delay.
    vi.advanceTimersByTime(89);
    expect([calls, readings.length]).toEqual([0, 1]);
    vi.advanceTimersByTime(1);
    expect([calls, readings.length]).toEqual([1, 0]);
    vi.runAllTimers();
    expect(calls).toBe(1);
  });

  it("never calls back before that much wall time has passed", async () => {
    const start = performance.now();
    await new Promise<void>((resolve) => void afterEffectiveTime(50, resolve));
    expect(performance.now() - start).toBeGreaterThanOrEqual(50);
  });

  it("does not call back after it was canceled", async () => {
    let calls = 0;
    const cancel = afterEffectiveTime(20, () => (calls += 1));
    cancel();
    await sleep(100);
    expect(calls).toBe(0);
  });
});
