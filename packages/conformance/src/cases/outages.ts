import type { ThreadStore } from "@threadstore/core";
import { complaintsDuring } from "../complaints.ts";
import { type ConformanceCase, faultsSection } from "../conformance-case.ts";
import { loaded, type Outcome, refuses, same } from "../expectations.ts";
import { callNamed, everyCall } from "./calls.ts";
import { promptly } from "./changes.ts";
import { failedByOutage } from "./silence.ts";

const HURRY_MS = 500;
const GRACE_MS = 1000;

/** Makes the call on a store that nobody has used, and whose backend is away. */
async function callInVain(store: ThreadStore, name: string): Promise<void> {
  const promised = `${name} ends within its timeoutMs, ${HURRY_MS} ms, when nobody listens`;
  const call = (): Promise<unknown> => callNamed(name, store, "a", { timeoutMs: HURRY_MS });
  const outcome = await promptly(HURRY_MS + GRACE_MS, promised, call);
  await refuses("UNAVAILABLE", `${name} when nobody listens`, () => settled(outcome));
}

export const outages: ConformanceCase[] = faultsSection("Outages", [
  {
    id: "L08",
    title:
      "a store can be opened while its backend is away: calls are UNAVAILABLE, and work once it is there",
    clauses: ["E1", "F4", "F5", "F6"],
    async run({ startProxy, openThrough, open }) {
      const proxy = await startProxy();
      proxy.refuse();
      const stores = new Map<string, ThreadStore>();
      const complaints = await complaintsDuring(async () => {
        for (const [name] of everyCall(await openThrough(proxy), "a"))
          stores.set(name, await openThrough(proxy));
        await Promise.all([...stores].map(([name, store]) => callInVain(store, name)));
      });
      same(complaints, [], "a backend that is away causes no warning and no failure that nobody handles");
      await proxy.accept();
      const other = await open();
      for (const [name, store] of stores) {
        await store.save(`thread of ${name}`, {});
        await loaded(other, `thread of ${name}`, "the store works once its backend is there");
      }
    },
  },
  {
    id: "E04",
    title: "an outage is UNAVAILABLE, never nothing: neither undefined, nor false, nor an empty listing",
    clauses: ["E1", "F5"],
    async run({ startProxy, openThrough, open }) {
      const proxy = await startProxy();
      const store = await openThrough(proxy);
      const { version } = await store.save("a", { n: 1 });
      proxy.refuse();
      await proxy.cutAll();
      for (const id of ["a", "nothing"]) {
        for (const [name, call] of everyCall(store, id, { timeoutMs: HURRY_MS })) {
          const outcome = await promptly(HURRY_MS + GRACE_MS, `${name} ends within its timeoutMs`, call);
          failedByOutage(name, outcome, "while nobody listens");
        }
      }
      await proxy.accept();
      const stored = await loaded(store, "a", "a thread survives an outage");
      same([stored.version, stored.thread], [version, { n: 1 }], "what was never sent had no effect");
      await store.save("a", { n: 2 }, { previous: stored });
      same(
        (await loaded(await open(), "a", "it is there")).thread,
        { n: 2 },
        "the store works after an outage",
      );
    },
  },
]);

function settled(outcome: Outcome<unknown>): Promise<unknown> {
  return outcome.state === "resolved" ? Promise.resolve(outcome.value) : Promise.reject(outcome.error);
}
