import { describe, expect, it } from "vitest";
import { catching, closing, settling, steps, wait } from "./steps.ts";

/** The same work with results that are available at once, and with promises. */
const WAYS: readonly [string, <T>(work: () => T) => T | Promise<T>][] = [
  ["at once", (work) => work()],
  ["after waiting", async (work) => work()],
];

const failure = new Error("the disk is gone");
function fail(): never {
  throw failure;
}

it("steps return their result, and not a promise, if no step waits", () => {
  const result = steps(function* () {
    const first = yield* wait(1);
    return first + (yield* wait(2));
  });
  expect(result).toBe(3);
});

describe.each(WAYS)("%s", (_, run) => {
  it("steps continue with the result of the previous one, and catch its error", async () => {
    const log: unknown[] = [];
    const result = await steps(function* () {
      log.push(yield* wait(run(() => "first")));
      try {
        yield* wait(run(fail));
      } catch (error) {
        log.push(error);
      }
      return yield* wait(run(() => "last"));
    });
    expect([...log, result]).toEqual(["first", failure, "last"]);
  });

  it("steps fail with the error that they do not catch, after their `finally`", async () => {
    const log: string[] = [];
    const start = async () =>
      steps(function* () {
        try {
          yield* wait(run(fail));
        } finally {
          yield* wait(run(() => log.push("finally")));
        }
      });
    await expect(start()).rejects.toBe(failure);
    expect(log).toEqual(["finally"]);
  });

  it("`catching` passes on a result, and handles an error", async () => {
    const handled = (error: unknown): unknown => [error];
    expect(await catching(() => run<unknown>(() => 1), handled)).toBe(1);
    expect(await catching(() => run<unknown>(fail), handled)).toEqual([failure]);
  });

  it("`settling` and `closing` do their part once, after the work, whether it fails or not", async () => {
    const log: string[] = [];
    const work = () => run(() => log.push("work"));
    const file = { [Symbol.dispose]: () => void log.push("close") };
    await settling(work, () => log.push("settled"));
    await closing(file, work);
    await expect((async () => closing(file, () => run(fail)))()).rejects.toBe(failure);
    await expect(
      (async () =>
        settling(
          () => run(fail),
          () => log.push("settled"),
        ))(),
    ).rejects.toBe(failure);
    expect(log).toEqual(["work", "settled", "work", "close", "close", "settled"]);
  });
});
