import type { ThreadStore } from "@threadstore/core";
import { type CaseContext, type ConformanceCase, faultsSection } from "../suite/conformance-case.ts";
import { loaded, type Outcome, refuses, same } from "../suite/expectations.ts";
import { complaintsDuring } from "../utilities/process-warnings.ts";
import { callNamed, everyCall } from "./calls.ts";
import { promptly } from "./changes.ts";
import { graceMs, HURRY_MS } from "./hurry.ts";
import { failedByOutage } from "./silence.ts";

/** Makes the call on a store that nobody has used, and whose backend is away. */
async function callInVain(context: CaseContext, store: ThreadStore, name: string): Promise<void> {
  const promised = `${name} ends within its timeoutMs, ${HURRY_MS} ms, when nobody listens`;
  const call = (): Promise<unknown> => callNamed(name, store, "a", { timeoutMs: HURRY_MS });
  const outcome = await promptly(HURRY_MS + graceMs(context), promised, call);
  await refuses("UNAVAILABLE", `${name} when nobody listens`, () => settled(outcome));
}

export const outages: ConformanceCase[] = faultsSection("Outages", [
  {
    id: "L08",
    title:
      "a store can be opened while its backend is away: calls are UNAVAILABLE, and work once it is there",
    clauses: ["E1", "F4", "F5", "F6"],
    async run(context) {
      const { startProxy, openThrough, open } = context;
      const proxy = await startProxy();
      proxy.refuse();
      const stores = new Map<string, ThreadStore>();
      const complaints = await complaintsDuring(async () => {
        for (const [name] of everyCall(await openThrough(proxy), "a"))
          stores.set(name, await openThrough(proxy));
        await Promise.all([...stores].map(([name, store]) => callInVain(context, store, name)));
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
    async run(context) {
      const { startProxy, openThrough, open } = context;
      const proxy = await startProxy();
      const store = await openThrough(proxy);
      const limit = HURRY_MS + graceMs(context);
      const { version } = await store.save("a", { n: 1 });
      proxy.refuse();
      await proxy.cutAll();
      for (const id of ["a", "nothing"]) {
        const calling = everyCall(store, id, { timeoutMs: HURRY_MS }).map(async ([name, call]) => {
          const outcome = await promptly(limit, `${name} ends within its timeoutMs`, call);
          failedByOutage(name, outcome, "while nobody listens");
        });
        await Promise.all(calling);
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
