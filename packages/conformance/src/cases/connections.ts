import type { StoredThread, ThreadStore } from "@threadstore/core";
import type { FaultProxy } from "../engines/fault-proxy/index.ts";
import { type CaseContext, type ConformanceCase, faultsSection } from "../suite/conformance-case.ts";
import { broken, describeError, holds, loaded, ordinal, outcomeOf, same } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { promptly, requestsOf } from "./changes.ts";
import { graceMs } from "./hurry.ts";
import { countUp, onlyWinner } from "./races.ts";
import { idsOf, pollFor } from "./reading.ts";

/** After how many bytes an answer is cut, and whether as by a server that shuts down. */
const CUTS = [0, 40, 1000, 30_000].flatMap((bytes) => [[bytes, false] as const, [bytes, true] as const]);

/** How slow the slow network is, in milliseconds, and what is done on it. */
const SLOWNESS = {
  quick: { milliseconds: 60, jitter: 50, rounds: 2, times: 1 },
  full: { milliseconds: 150, jitter: 100, rounds: 3, times: 3 },
} as const;

interface CutReading {
  readonly proxy: FaultProxy;
  readonly name: string;
  readonly read: () => Promise<unknown>;
  readonly expected: unknown;
}

/** Cuts the answers to requests of a reading call, early and late: it is made again, and whole. */
async function cutEach({ proxy, name, read, expected }: CutReading): Promise<void> {
  const count = await requestsOf(proxy, read);
  // A listing may ask for each thread: the first of such requests and the last stand for all.
  for (const n of range(count).filter((at) => at < 2 || at === count - 1)) {
    for (const [afterBytes, orderly] of CUTS) {
      const armed = proxy.arm({ type: "cutAnswer", afterBytes, orderly, nth: n + 1 });
      const outcome = await outcomeOf(read);
      armed.disarm();
      const promised = `${name} whose ${ordinal(n + 1)} answer is cut after ${afterBytes} bytes is right`;
      if (outcome.state === "rejected") broken(promised, `it rejected with ${describeError(outcome.error)}`);
      same(outcome.value, expected, promised);
    }
  }
}

/** Calls of every kind, each of which finds its connections dropped. */
function callsOn(store: ThreadStore, seen: StoredThread): [string, () => Promise<unknown>, unknown][] {
  let current = seen;
  return [
    ["load", async () => (await store.load("a"))?.json, seen.json],
    [
      "save",
      async () => {
        current = await store.save("a", { n: 2 }, { previous: current });
        return current.thread;
      },
      { n: 2 },
    ],
    ["list", () => idsOf(store), ["a"]],
    ["delete", () => store.delete("a", { previous: current }), true],
  ];
}

async function dropIdle(
  { openThrough, startProxy, signal }: CaseContext,
  hasNoticed: boolean,
): Promise<void> {
  const proxy = await startProxy();
  const store = await openThrough(proxy);
  const seen = await store.save("a", { n: 1 });
  for (const [name, call, expected] of callsOn(store, seen)) {
    await proxy.cutAll();
    if (hasNoticed) await pollFor(60, signal, () => Promise.resolve(false));
    const promised = `${name} on connections that were dropped while idle succeeds`;
    const outcome = await outcomeOf(call);
    if (outcome.state === "rejected") broken(promised, `it rejected with ${describeError(outcome.error)}`);
    same(outcome.value, expected, promised);
  }
  await store.delete("a");
}

export const connections: ConformanceCase[] = faultsSection("Connections", [
  {
    id: "F06",
    title: "a load or listing whose answer is cut is made again, and never half an answer",
    clauses: ["F5", "E1", "E2"],
    async run({ startProxy, openThrough, open }) {
      const proxy = await startProxy();
      const [store, other] = [await openThrough(proxy), await open()];
      const { json } = await other.save("thread-0", { text: "x".repeat(200_000), end: true });
      for (const n of range(10)) await other.save(`thread-${n + 1}`, { n });
      const ids = await idsOf(store);
      same(ids.length, 11, "a listing has every thread");
      const load = async (): Promise<unknown> => (await store.load("thread-0"))?.json;
      await cutEach({ proxy, name: "a load", read: load, expected: json });
      await cutEach({ proxy, name: "a listing", read: () => idsOf(store), expected: ids });
    },
  },
  {
    id: "F07",
    title: "a call that finds its connection dropped while idle succeeds",
    clauses: ["F5"],
    async run(context) {
      await dropIdle(context, false);
      await dropIdle(context, true);
    },
  },
  {
    id: "F08",
    title: "on a slow network, of several that save from one version still one wins",
    clauses: ["C4"],
    async run({ startProxy, openThrough, signal, settings }) {
      const proxy = await startProxy();
      const { rounds, times, ...delay } = SLOWNESS[settings.effort];
      const clients = await Promise.all(range(4).map(() => openThrough(proxy)));
      await Promise.all(clients.map((client) => client.load("warm")));
      proxy.arm({ type: "delay", ...delay, times: Infinity });
      let previous: StoredThread | undefined;
      for (const round of range(rounds)) {
        const saving = clients.flatMap((client, n) =>
          range(2).map((m) => outcomeOf(() => client.save("a", { round, n, m }, { previous }))),
        );
        previous = onlyWinner(await Promise.all(saving), "of 8 saves from one version exactly one succeeds");
        const stored = await loaded(clients[round] ?? fail(), "a", "the winner's thread is there");
        same(stored.version, previous.version, "the thread is the winner's, for every client");
      }
      await countUp(clients, times, signal);
      const { thread } = await loaded(clients[0] ?? fail(), "counter", "it is there");
      const count = 4 * times;
      same(thread, { n: count }, `${count} increments by 4 clients on a slow network make ${count}`);
    },
  },
  {
    id: "R01",
    title: "closed stores leave no connection behind",
    clauses: ["F3", "F6"],
    async run(context) {
      const { startProxy, openThrough, close, keepsConnections, signal } = context;
      const proxy = await startProxy();
      const useOne = async (): Promise<number> => {
        const store = await openThrough(proxy);
        await Promise.all(range(4).map((n) => store.load(`thread-${n}`)));
        const most = proxy.openConnections;
        await close(store);
        return most;
      };
      // Those of a library that keeps them serve the next store too, and so do not become more.
      const allowed = keepsConnections ? await useOne() : 0;
      for (const _ of range(10)) await useOne();
      await pollFor(graceMs(context), signal, () => Promise.resolve(proxy.openConnections <= allowed));
      const left = proxy.openConnections;
      holds(left <= allowed, "closed stores leave no connection behind", `${left} are open a while after`);
    },
  },
  {
    id: "R02",
    title: "a store that is closed while its backend is silent leaves no connection behind",
    clauses: ["F3", "F6"],
    async run(context) {
      const { startProxy, openThrough, close, keepsConnections, signal } = context;
      const proxy = await startProxy();
      const store = await openThrough(proxy);
      await store.load("warm");
      const kept = keepsConnections ? proxy.openConnections : 0;
      proxy.arm({ type: "blackHole", times: Infinity });
      const loading = outcomeOf(() => store.load("a", { timeoutMs: 300 }));
      await promptly(2 * graceMs(context), "close ends though the backend is silent", () => close(store));
      await loading;
      await pollFor(graceMs(context), signal, () => Promise.resolve(proxy.openConnections <= kept));
      const left = proxy.openConnections;
      holds(left <= kept, "a closed store leaves no connection behind", `${left} are open a while after`);
    },
  },
]);

function fail(): never {
  throw new Error("There is no such client.");
}
