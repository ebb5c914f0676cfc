import { existsSync, readdirSync } from "node:fs";
import type { StoredThread } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { outcomeOf, expectTrue, expectEqual } from "../../suite/expectations.ts";
import { promptly } from "../../suite/time-limits.ts";
import { range, inParallel } from "../../utilities/parallel.ts";
import { pollFor } from "./reading.ts";

/** Returns the number of resources that keep the process alive, plus its open files if the system reports them. */
function handles(): number {
  const files = existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
  return process.getActiveResourcesInfo().length + files;
}

/** Handles of the process that runs the cases may come and go. */
const STRAY_HANDLES = 5;

/**
 * Opens and closes stores, each at its own location, because the harness may close what it created for a store only
 * with the location.
 */
export async function comeAndGo({ newLocation, close, settings, signal }: CaseContext): Promise<void> {
  const useOne = async (): Promise<void> => {
    const location = newLocation();
    const store = await location.open();
    const { version } = await store.save("a", { n: 1 }, { overwrite: true });
    await Promise.all([
      outcomeOf(() => store.save("a", {})),
      outcomeOf(() => store.save("a", {}, { previous: "none" })),
      store.load("nothing"),
      store.listPage(),
    ]);
    await store.delete("a", { previous: version });
    await close(store);
    await location.destroy();
  };
  // By then, a library has created whatever it keeps for all stores of the process.
  for (const _ of range(3)) await useOne();
  const before = handles();
  const count = settings.effort === "quick" ? 10 : 30;
  for (const _ of range(count)) await useOne();
  await pollFor(5000, signal, () => Promise.resolve(handles() <= before + STRAY_HANDLES));
  const left = handles() - before;
  expectTrue(
    left <= STRAY_HANDLES,
    `opening and closing ${count} stores leaves no handles open`,
    `there are ${left} more`,
  );
}

/** More than any connection pool has connections. */
const MANY = 100;
const LONG_MS = 10_000;

export async function failOften({ open, timeoutFactor }: CaseContext): Promise<void> {
  const store = await open();
  const first = await store.save("a", { n: 0 });
  await store.save("a", { text: "x".repeat(20_000) }, { previous: first });
  const failing = [
    () => store.save("a", {}),
    () => store.save("a", {}, { previous: first }),
    () => store.delete("a", { previous: first }),
    () => store.load("nothing"),
  ];
  const work = async (): Promise<(StoredThread | undefined)[]> => {
    for (const fail of failing)
      await inParallel(range(MANY), 10, async () => void (await outcomeOf<unknown>(fail)));
    return Promise.all(range(60).map(() => store.load("a")));
  };
  const promised = `60 concurrent loads end after ${failing.length * MANY} calls that failed or found nothing`;
  const outcome = await promptly(LONG_MS * Math.max(1, timeoutFactor), promised, work);
  if (outcome.state === "rejected") throw outcome.error;
  for (const stored of outcome.value)
    expectEqual(stored?.size, 20_011, "each of these loads finds the thread");
}
