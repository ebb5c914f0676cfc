import { describe, expect, it } from "vitest";
import { untilAborted } from "./until-aborted.ts";

const reason = new Error("stop");

describe("untilAborted", () => {
  it("resolves with the result of work that finishes first", async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(async () => 1, signal)).resolves.toBe(1);
    await expect(untilAborted(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(untilAborted(async () => 1, undefined)).resolves.toBe(1);
  });

  it("rejects with the signal's reason as soon as it aborts", async () => {
    const controller = new AbortController();
    const running = untilAborted(() => new Promise(() => {}), controller.signal);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it("does not start work if the signal is already aborted", async () => {
    let calls = 0;
    const work = async (): Promise<void> => void (calls += 1);
    await expect(untilAborted(work, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(calls).toBe(0);
  });

  it("handles the rejection of work that it abandons", async () => {
    // An unhandled rejection would fail the test run.
    await expect(untilAborted(Promise.reject(new Error("late")), AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
});
