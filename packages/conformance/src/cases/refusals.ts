import type { Refusal } from "../engines/fault-proxy/refusals.ts";
import { type ConformanceCase, faultsSection } from "../suite/conformance-case.ts";
import { holds, outcomeOf, refuses, same } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { everyCall } from "./calls.ts";
import {
  atEachRequest,
  create,
  type Excuses,
  honest,
  overwrite,
  promptly,
  remove,
  removeSeen,
  replace,
  requestsOf,
} from "./changes.ts";
import { graceMs } from "./hurry.ts";
import { idsOf } from "./reading.ts";
import { onStage, refuseEach, type Stage } from "./refused-changes.ts";

async function refuseAlways({ context, proxy, store }: Stage, { name, fault }: Refusal): Promise<void> {
  for (const id of ["a", "nothing"]) {
    // Far more than it takes to be told: who tries again to no avail takes too long.
    for (const [call, make] of everyCall(store, id, { timeoutMs: 30_000 })) {
      const armed = proxy.arm({ ...fault, times: Infinity });
      const promised = `${call} that is answered with ${name}`;
      const outcome = await promptly(graceMs(context), `${promised} fails at once`, make);
      armed.disarm();
      holds(armed.strikes > 0, `${call} asks the backend`, "it sent no request");
      const error = await refuses("ACCESS_DENIED", promised, async () => {
        if (outcome.state === "rejected") throw outcome.error;
        return outcome.value;
      });
      same(error.retryable, false, "ACCESS_DENIED says that trying again cannot help");
    }
  }
}

/** A listing of which one request is refused: whole or an error, and never a part. */
async function refuseListing({ proxy, store }: Stage, { name, fault }: Refusal): Promise<void> {
  const count = await requestsOf(proxy, () => idsOf(store));
  const ids = await idsOf(store);
  for (const n of range(count).filter((at) => at < 2 || at === count - 1)) {
    const armed = proxy.arm({ ...fault, nth: n + 1 });
    const outcome = await outcomeOf(() => idsOf(store));
    armed.disarm();
    const promised = `a listing of which one request is answered with ${name} is ACCESS_DENIED, or whole`;
    if (outcome.state === "resolved") same(outcome.value, ids, promised);
    else await refuses("ACCESS_DENIED", promised, () => Promise.reject(outcome.error));
  }
}

/** Reads of which every request has an answer that a store does not expect: never nothing, never a part. */
async function readStrange({ proxy, store }: Stage, { name, fault }: Refusal): Promise<void> {
  const reads: [string, () => Promise<unknown>, unknown][] = [
    ["load", async () => (await store.load("a", { timeoutMs: 1000 }))?.json, '{"n":1}'],
    [
      "list",
      async () => (await store.listPage({ timeoutMs: 1000 })).threads.map(({ id }) => id),
      ["a", "warm"],
    ],
  ];
  for (const [call, make, expected] of reads) {
    const armed = proxy.arm({ ...fault, times: Infinity });
    const outcome = await outcomeOf(make);
    armed.disarm();
    if (outcome.state === "resolved")
      same(outcome.value, expected, `${call} that is answered with ${name} fails`);
    else await isStoreError(call, name, outcome.error);
  }
}

async function isStoreError(call: string, name: string, error: unknown): Promise<void> {
  const codes = ["BACKEND_ERROR", "MISCONFIGURED", "UNAVAILABLE", "ACCESS_DENIED", "CORRUPT"] as const;
  await refuses(codes, `${call} that is answered with ${name}`, () => Promise.reject(error));
}

/** From one of its requests on, each save finds the backend full. */
async function fillUp({ context, proxy, store }: Stage, { name, fault }: Refusal): Promise<void> {
  const other = await context.open();
  let refused = 0;
  for (const change of [create, replace, overwrite]) {
    await atEachRequest(proxy, store, change, async (attempt) => {
      const armed = proxy.arm({ ...fault, nth: attempt.nth, times: Infinity });
      const outcome = await outcomeOf(() => change.make(store, attempt.id, attempt.seen));
      armed.disarm();
      const stored = await other.load(attempt.id);
      if (outcome.state === "resolved") {
        honest(change, attempt, outcome, stored, `request is answered with ${name}`);
        return;
      }
      const promised = `${change.name} that is answered with ${name}`;
      await refuses("STORAGE_FULL", promised, () => Promise.reject(outcome.error));
      same(stored?.version, attempt.seen?.version, `${promised} leaves the thread as it was`);
      refused += 1;
    });
  }
  holds(refused > 0, "a full backend fails saves", "none failed");
}

const allChanges = [create, replace, overwrite, remove, removeSeen];

export const refusals: ConformanceCase[] = faultsSection("Refusals", [
  {
    id: "E05",
    title:
      "a backend that refuses the credentials is ACCESS_DENIED for every call, at once, and never nothing",
    clauses: ["E1", "F1", "F5"],
    async run(context) {
      const stage = await onStage(context);
      await stage.store.save("a", { n: 1 });
      for (const refusal of stage.refusals("denied")) await refuseAlways(stage, refusal);
      same((await stage.store.load("a"))?.thread, { n: 1 }, "a refused call changes nothing");
    },
  },
  {
    id: "E06",
    title: "a change of which one request is refused says so, and had no effect; a listing is no part of one",
    clauses: ["E1", "F1"],
    async run(context) {
      const stage = await onStage(context);
      const answers = stage.refusals("denied");
      const excuses: Excuses = { withoutEffect: ["ACCESS_DENIED"] };
      await refuseEach(stage, { answers, changes: allChanges, excuses });
      for (const n of range(4)) await stage.store.save(`thread-${n}`, { n });
      for (const refusal of answers) await refuseListing(stage, refusal);
    },
  },
  {
    id: "E11",
    title: "a save that finds the backend full is STORAGE_FULL, and the thread is as it was",
    clauses: ["F1", "C3"],
    async run(context) {
      const stage = await onStage(context);
      for (const refusal of stage.refusals("full")) await fillUp(stage, refusal);
    },
  },
  {
    id: "E10",
    title:
      "an answer that a store does not expect is an error, never nothing, and no change that was not made",
    clauses: ["E1", "C3", "F1"],
    async run(context) {
      const stage = await onStage(context);
      await stage.store.save("a", { n: 1 });
      const strange = stage.refusals("strange");
      for (const refusal of strange) await readStrange(stage, refusal);
      const excuses: Excuses = {
        withoutEffect: ["CONFLICT"],
        unknown: ["BACKEND_ERROR", "MISCONFIGURED", "CORRUPT"],
      };
      const answers = [...strange, ...stage.refusals("missing")];
      await refuseEach(stage, { answers, changes: allChanges, excuses });
    },
  },
  {
    id: "F13",
    title: "a change that is made and answered with a failure succeeds or is OUTCOME_UNKNOWN, never CONFLICT",
    clauses: ["C6", "F5"],
    async run(context) {
      const stage = await onStage(context, "answer");
      const answers = stage.refusals("gateway");
      const excuses: Excuses = { unknown: ["BACKEND_ERROR"] };
      await refuseEach(stage, { answers, changes: allChanges, excuses });
    },
  },
]);
