import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import {
  broken,
  describeError,
  holds,
  loaded,
  outcomeOf,
  rejectsWith,
  same,
  show,
} from "../suite/expectations.ts";
import { startStopwatch } from "../utilities/effective-time.ts";
import { range } from "../utilities/parallel.ts";
import { everyCall } from "./calls.ts";
import { graceMs } from "./hurry.ts";
import { idsOf, textOf, unchanged } from "./reading.ts";

/** Lets so many turns of the event loop pass. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const LOOP_MS = 50;

/** By a timer of the process, as a user interface or a server would. */
function abortedAfter(ms: number): AbortController {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller;
}

function bigThread(n: number): object {
  return { n, text: "x".repeat(300_000), end: n };
}

export const abort: ConformanceCase[] = section("Abort", "core", [
  {
    id: "A01",
    title: "a signal aborted before the call rejects with its reason, and nothing is done",
    clauses: ["F2"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      const reason = new Error("the user left");
      const signal = AbortSignal.abort(reason);
      for (const id of ["a", "nothing"]) {
        for (const [name, call] of everyCall(store, id, { signal })) {
          await rejectsWith(reason, `${name} with an aborted signal rejects with its reason`, call);
        }
      }
      await unchanged(store, "a", version, '{"n":1}');
      same(await idsOf(store), ["a"], "a call with an aborted signal does nothing");
    },
  },
  {
    id: "A02",
    title: "the reason is passed on as it is, whatever it is",
    clauses: ["F2"],
    async run({ open }) {
      const store = await open();
      for (const reason of ["a string", 0, null, { custom: true }, new RangeError("x")]) {
        const signal = AbortSignal.abort(reason);
        await rejectsWith(reason, `load rejects with the reason ${show(reason)}`, () =>
          store.load("a", { signal }),
        );
      }
      const signal = AbortSignal.abort();
      const { reason } = signal;
      await rejectsWith(reason, "load rejects with the platform's own reason", () =>
        store.load("a", { signal }),
      );
    },
  },
  {
    id: "A03",
    title: "a save aborted on its way is whole or not there, and the store works on",
    clauses: ["F2", "D1"],
    timeoutMs: 30_000,
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", bigThread(0));
      const reason = new Error("the user left");
      for (const n of range(24)) {
        const controller = new AbortController();
        const saving = outcomeOf(() =>
          store.save("a", bigThread(n + 1), { overwrite: true, signal: controller.signal }),
        );
        await turns(n % 12);
        controller.abort(reason);
        const outcome = await saving;
        if (outcome.state === "rejected" && outcome.error !== reason) {
          broken(
            "an aborted save rejects with the signal's reason",
            `it rejected with ${describeError(outcome.error)}`,
          );
        }
        const stored = await loaded(other, "a", "an aborted save leaves the thread there");
        const { thread } = stored;
        same(thread["n"], thread["end"], "an aborted save leaves the thread whole");
        if (outcome.state === "resolved")
          same(stored.version, outcome.value.version, "a save that resolved is there");
      }
      await store.save("b", { n: 1 });
      same(await textOf(other, "b"), '{"n":1}', "the store works after aborted saves");
      const { n } = (await store.update("a", () => ({ n: "last" })))?.thread ?? {};
      same(n, "last", "the thread can be saved after aborted saves");
    },
  },
  {
    id: "A04",
    title: "aborting after the call does nothing",
    clauses: ["F2"],
    async run({ open }) {
      const store = await open();
      const controller = new AbortController();
      const { signal } = controller;
      const saved = await store.save("a", { n: 1 }, { signal });
      const found = await loaded(store, "a", "a saved thread is loaded");
      await store.load("a", { signal });
      const page = await store.listPage({ signal });
      controller.abort(new Error("too late"));
      await turns(3);
      await unchanged(store, "a", saved.version, '{"n":1}');
      same(found.thread, { n: 1 }, "what was loaded can be used after its signal is aborted");
      same(page.threads.length, 1, "what was listed can be used after its signal is aborted");
    },
  },
  {
    id: "A11",
    title: "calls in a loop let timers fire, so that a signal can end it",
    clauses: ["F2", "F7"],
    async run({ open, timeoutFactor }) {
      const store = await open();
      await store.save("a", { n: 1 });
      const patienceMs = LOOP_MS + graceMs({ timeoutFactor });
      for (const [name, call] of everyCall(store, "a")) {
        const { signal } = abortedAfter(LOOP_MS);
        const elapsedMs = startStopwatch();
        while (!signal.aborted && elapsedMs() < patienceMs) await outcomeOf(call);
        holds(signal.aborted, `a timer fires while ${name} is called in a loop`, "it did not");
      }
    },
  },
  {
    id: "A08",
    title: "a listing stops when its signal is aborted",
    clauses: ["F2"],
    async run({ open }) {
      const store = await open();
      for (const n of range(6)) await store.save(`thread-${n}`, {});
      const controller = new AbortController();
      const reason = new Error("the user left");
      const seen: string[] = [];
      const read = async (): Promise<void> => {
        for await (const { id } of store.list({ limit: 2, signal: controller.signal })) {
          seen.push(id);
          if (seen.length === 2) controller.abort(reason);
        }
      };
      await rejectsWith(reason, "a listing rejects with the signal's reason", read);
      holds(seen.length <= 2, "an aborted listing reads no further page", `it went on to ${show(seen)}`);
    },
  },
]);
