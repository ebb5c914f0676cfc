import { existsSync, readdirSync } from "node:fs";
import type { StoredThread } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { outcomeOf, expectTrue, expectEqual } from "../../suite/expectations.ts";
import { graceMs, promptly } from "../../suite/time-limits.ts";
import { range, inParallel } from "../../utilities/parallel.ts";
import { expectRecovery, restore } from "./outages.ts";
import { pollFor } from "./reading.ts";

/** Returns the number of resources that keep the process alive, plus its open files if the system reports them. */
function countHandles(): number {
  const files = existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
  return process.getActiveResourcesInfo().length + files;
}

/** The number of handles by which the process that runs the cases may vary. */
const STRAY_HANDLES = 5;

/**
 * Opens and closes stores, each at a separate location: a harness may release the resources of a store only when the
 * location is destroyed.
 */
export async function openAndCloseStores({
  newLocation,
  close,
  settings,
  signal,
}: CaseContext): Promise<void> {
  const useStore = async (): Promise<void> => {
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
  // Lets libraries create the resources that all stores of the process share.
  for (const _ of range(3)) await useStore();
  const before = countHandles();
  const count = settings.effort === "quick" ? 10 : 30;
  for (const _ of range(count)) await useStore();
  await pollFor(5000, signal, () => Promise.resolve(countHandles() <= before + STRAY_HANDLES));
  const remaining = countHandles() - before;
  expectTrue(
    remaining <= STRAY_HANDLES,
    `opening and closing ${count} stores leaves no handles open`,
    `there are ${remaining} more`,
  );
}

/** More than most pools have connections. */
const SILENT_CALLS = 12;

/** Some clients need a connection for each kind of request, or reconnect. */
const STRAY_CONNECTIONS = 2;

export async function abortOnSilentNetwork(context: CaseContext): Promise<void> {
  const { startProxy, openThrough, signal } = context;
  const proxy = await startProxy();
  const store = await openThrough(proxy);
  await store.load("warm");
  const allowed = proxy.openConnections + STRAY_CONNECTIONS;
  // Connects as often as the client ever does, because a client need not abort a handshake.
  await Promise.all(range(SILENT_CALLS).map((n) => store.load(`thread-${n}`)));
  const silence = proxy.arm({ type: "blackHole", times: Infinity });
  const controller = new AbortController();
  const loading = range(SILENT_CALLS).map((n) =>
    outcomeOf(() => store.load(`thread-${n}`, { signal: controller.signal })),
  );
  await Promise.race([silence.struck, ...loading]);
  controller.abort(new Error("the user left"));
  await Promise.all(loading);
  await pollFor(graceMs(context), signal, () => Promise.resolve(proxy.openConnections <= allowed));
  const remaining = proxy.openConnections;
  expectTrue(
    remaining <= allowed,
    `${SILENT_CALLS} aborted calls leave at most ${allowed} connections to a silent backend`,
    `${remaining} are still open after a while`,
  );
  await restore(proxy, silence);
  await store.load("warm");
  await expectRecovery(context, store);
}

/** More than the connections of any pool. */
const CALLS_PER_KIND = 100;
const LOADS_MS = 10_000;

export async function failRepeatedly({ open, timeoutFactor }: CaseContext): Promise<void> {
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
      await inParallel(range(CALLS_PER_KIND), 10, async () => void (await outcomeOf<unknown>(fail)));
    return Promise.all(range(60).map(() => store.load("a")));
  };
  const expectation = `60 concurrent loads end after ${failing.length * CALLS_PER_KIND} calls that failed or found nothing`;
  const outcome = await promptly(LOADS_MS * Math.max(1, timeoutFactor), expectation, work);
  if (outcome.state === "rejected") throw outcome.error;
  for (const stored of outcome.value)
    expectEqual(stored?.size, 20_011, "each of these loads finds the thread");
}
