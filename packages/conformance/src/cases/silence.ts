import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { ArmedFault, FaultProxy } from "../engines/fault-proxy/index.ts";
import { type CaseContext, type ConformanceCase, faultsSection } from "../suite/conformance-case.ts";
import { broken, describeError, holds, loaded, type Outcome, same } from "../suite/expectations.ts";
import { startStopwatch } from "../utilities/effective-time.ts";
import { callNamed, everyCall } from "./calls.ts";
import { atEachRequest, create, hasEffect, honest, promptly, removeSeen, replace } from "./changes.ts";
import { graceMs, HURRY_MS } from "./hurry.ts";

const PATIENCE_MS = 20_000;

const READS: ReadonlySet<string> = new Set(["load", "list", "listPage", "deleteExpired"]);

/** The network is back, and connections that it had forgotten are reset, as an operating system does. */
async function restore(proxy: FaultProxy, hole: ArmedFault): Promise<void> {
  hole.disarm();
  await proxy.cutAll();
}

/** That a call failed by an outage, and says so: nothing was read, and what was to be changed may be. */
export function failedByOutage(name: string, outcome: Outcome<unknown>, during: string): void {
  const codes = READS.has(name) ? ["UNAVAILABLE"] : ["UNAVAILABLE", "OUTCOME_UNKNOWN"];
  const promised = `${name} ${during} is ${codes.join(" or ")}`;
  if (outcome.state === "resolved") broken(promised, `it resolved to ${String(outcome.value)}`);
  const { error } = outcome;
  if (!ThreadStoreError.is(error) || !codes.includes(error.code))
    broken(promised, `it rejected with ${describeError(error)}`);
  same(error.retryable, error.code === "UNAVAILABLE", `${error.code} says whether trying again can help`);
}

async function worksAgain({ open }: CaseContext, store: ThreadStore): Promise<void> {
  await store.save("afterwards", {});
  await loaded(await open(), "afterwards", "a store works when its network is back");
}

async function abortInSilence(
  context: CaseContext,
  proxy: FaultProxy,
  store: ThreadStore,
  name: string,
): Promise<void> {
  const controller = new AbortController();
  const reason = new Error(`the user left ${name}`);
  const hole = proxy.arm({ type: "blackHole", times: Infinity });
  const promised = `${name} that is aborted while the backend is silent rejects at once with the signal's reason`;
  const calling = promptly(PATIENCE_MS, promised, () =>
    callNamed(name, store, "a", { signal: controller.signal, timeoutMs: 2 * PATIENCE_MS }),
  );
  await Promise.race([hole.struck, calling]);
  const elapsedMs = startStopwatch();
  controller.abort(reason);
  const outcome = await calling;
  const waited = Math.round(elapsedMs());
  if (outcome.state === "resolved") broken(promised, "it succeeded");
  if (outcome.error !== reason) broken(promised, `it rejected with ${describeError(outcome.error)}`);
  holds(waited < graceMs(context), promised, `it took ${waited} ms`);
  await restore(proxy, hole);
}

export const silence: ConformanceCase[] = faultsSection("Silence", [
  {
    id: "A07",
    title: "every call ends within timeoutMs when the backend is silent, and the store works when it is not",
    clauses: ["F4", "F5", "E1"],
    async run(context) {
      const proxy = await context.startProxy();
      const store = await context.openThrough(proxy);
      await store.save("a", { n: 1 });
      const hole = proxy.arm({ type: "blackHole", times: Infinity });
      const limit = HURRY_MS + graceMs(context);
      const calling = everyCall(store, "a", { timeoutMs: HURRY_MS }).map(async ([name, call]) => {
        const promised = `${name} ends within its timeoutMs, ${HURRY_MS} ms, when the backend is silent`;
        failedByOutage(name, await promptly(limit, promised, call), "while the backend is silent");
      });
      await Promise.all(calling);
      await restore(proxy, hole);
      same(
        (await loaded(store, "a", "the thread is there")).thread,
        { n: 1 },
        "what never arrived had no effect",
      );
      await worksAgain(context, store);
    },
  },
  {
    id: "A09",
    title: "a change that was made, and whose answer does not come in time, is OUTCOME_UNKNOWN",
    clauses: ["F4", "C6"],
    async run(context) {
      const proxy = await context.startProxy();
      const [store, other] = [await context.openThrough(proxy), await context.open()];
      const timeoutMs = { quick: HURRY_MS, full: 2 * HURRY_MS }[context.settings.effort];
      let timesApplied = 0;
      for (const change of [create, replace, removeSeen]) {
        await atEachRequest(proxy, store, change, async (attempt) => {
          const { id, nth, seen } = attempt;
          const hurried = await context.openThrough(proxy, { timeoutMs });
          await hurried.load("warm", { timeoutMs: PATIENCE_MS });
          const held = proxy.arm({ type: "holdAnswer", nth });
          const promised = `${change.name} ends within its timeoutMs, ${timeoutMs} ms`;
          const outcome = await promptly(timeoutMs + graceMs(context), promised, () =>
            change.make(hurried, id, seen),
          );
          const stored = await other.load(id);
          if (held.strikes > 0 && hasEffect(change, stored)) timesApplied += 1;
          held.disarm();
          held.cut();
          honest(change, attempt, outcome, stored, "request has no answer in time");
        });
      }
      holds(timesApplied > 0, "a change takes effect with one of its requests", "none of them had any");
    },
  },
  {
    id: "A10",
    title: "a call aborted while the backend is silent rejects at once with the signal's reason",
    clauses: ["F2"],
    async run(context) {
      const proxy = await context.startProxy();
      const store = await context.openThrough(proxy);
      await store.save("a", { n: 1 });
      for (const [name] of everyCall(store, "a")) await abortInSilence(context, proxy, store, name);
      same(
        (await loaded(store, "a", "the thread is there")).thread,
        { n: 1 },
        "what never arrived had no effect",
      );
      await worksAgain(context, store);
    },
  },
]);
