import { describe, expect, it } from "vitest";
import type { Backend, Client, Role, Subject } from "../clients/client.ts";
import { growth } from "../workloads/growth.ts";
import { coldStart, pointSave } from "../workloads/whole-threads.ts";
import type { Workload } from "../workloads/workload.ts";
import { paceOf } from "./pace.ts";
import type { Outcome, Plan } from "./plan.ts";
import { roundTimes } from "./round-times.ts";
import { plannedCases, runPlan } from "./run-plan.ts";

const CLIENT: Client = {
  conversation: () => ({ add: () => undefined, save: async () => undefined }),
  load: async () => undefined,
  replace: async () => undefined,
  savesAlone: true,
  close: async () => undefined,
};

function subject(name: string, role: Role, open: () => Promise<Client> = async () => CLIENT): Subject {
  return { name, role, open };
}

const STORES = [subject("ours", "ours"), subject("raw, whole", "raw")];

function backend(name: string, subjects = STORES): Backend {
  return { name, start: async () => ({ subjects, endpoint: undefined, stop: async () => undefined }) };
}

/** Cases of growing size, whose rounds take a given time on a clock of the test. */
function growing(sizes: readonly number[], run: (size: number) => Promise<void> | void): Workload {
  return {
    name: "growing",
    description: "",
    grows: true,
    cases: () =>
      sizes.map((size) => ({
        name: `${size}`,
        size,
        suits: () => true,
        run: async ({ watch }) => watch.step(async () => run(size)),
      })),
  };
}

const PLAN: Plan = {
  backends: [backend("first"), backend("second")],
  workloads: [],
  groups: ["stores", "peers"],
  scale: "quick",
  sizes: undefined,
  peersOf: async () => ({ subjects: [subject("Peer", "peer")], leftOut: [] }),
  rounds: 1,
  pace: paceOf(undefined),
  roundLimitMs: 60_000,
  goalsOf: () => new Set(),
};

async function outcomesOf(changes: Partial<Plan>): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  await runPlan({ ...PLAN, ...changes }, { progress: () => undefined, outcome: (one) => outcomes.push(one) });
  return outcomes;
}

function title({ backend: name, workload, case: size, group }: Outcome): string {
  return `${name}, ${workload}, ${size}, ${group}`;
}

describe("a run", () => {
  it("runs growth of all backends first, then calls, other libraries and the rest", () => {
    const selection = { ...PLAN, workloads: [coldStart, pointSave, growth], sizes: [10, 5000] };
    const both = (text: string): readonly string[] => [`first, ${text}`, `second, ${text}`];
    expect(plannedCases(selection).map(title)).toEqual([
      ...both("growth, T = 10, stores"),
      ...both("save, 5 KB, stores"),
      ...["first", "second"].flatMap((name) => [
        `${name}, save, 5 KB, peers`,
        `${name}, growth, T = 10, peers`,
      ]),
      ...["first", "second"].flatMap((name) => [
        `${name}, cold start, 5 KB, stores`,
        `${name}, cold start, 5 KB, peers`,
      ]),
    ]);
  });

  it("has an outcome for each case that it planned, in the same order", async () => {
    const selection = { ...PLAN, workloads: [growing([1, 2], () => undefined)], sizes: [2] };
    const outcomes = await outcomesOf(selection);
    expect(outcomes.map(title)).toEqual(plannedCases(selection).map(title));
    expect(outcomes).toHaveLength(4);
  });

  it("measures other libraries with the stores and raw clients, and not without a library", async () => {
    const changes = { backends: [backend("first")], workloads: [growing([1], () => undefined)] };
    const names = (outcomes: readonly Outcome[]): unknown =>
      outcomes.map(({ results }) => results.map((result) => result.subject));
    expect(names(await outcomesOf(changes))).toEqual([
      ["ours", "raw, whole", "raw, again"],
      ["ours", "raw, whole", "Peer"],
    ]);
    const leftOut = [{ name: "Peer", reason: "It does not load." }];
    const [, without] = await outcomesOf({ ...changes, peersOf: async () => ({ subjects: [], leftOut }) });
    expect(without).toMatchObject({
      results: [],
      missing: [{ subject: "Peer", reason: "It does not load.", failed: false }],
    });
  });

  it("reports a subject that fails, and runs the others", async () => {
    const broken = subject("broken", "delta", () => Promise.reject(new Error("No server.\nat x")));
    const [outcome] = await outcomesOf({
      backends: [backend("first", [...STORES, broken])],
      workloads: [growing([1], () => undefined)],
      rounds: 3,
    });
    expect(outcome?.results.map(({ rounds }) => rounds)).toEqual([3, 3, 3]);
    expect(outcome?.missing).toEqual([{ subject: "broken", reason: "No server.", failed: true }]);
  });

  it("reports a backend that does not start, and runs the others", async () => {
    const broken = { name: "broken", start: () => Promise.reject(new Error("No binary.")) };
    const outcomes = await outcomesOf({
      backends: [broken, backend("second")],
      workloads: [growing([1], () => undefined)],
      groups: ["stores"],
    });
    expect(outcomes.map(({ notRun, missing }) => [notRun, missing.length])).toEqual([
      ["the backend does not start: No binary.", 1],
      [undefined, 0],
    ]);
  });
});

describe("slow peers", () => {
  /** A round takes a second for each unit of the size on this clock. */
  function slowPlan(): Partial<Plan> {
    let clock = 0;
    return {
      backends: [backend("first")],
      workloads: [growing([1, 2, 50, 100], (size) => void (clock += size * 1000))],
      pace: paceOf(undefined, () => clock),
    };
  }

  it("leave out cases whose rounds would take too long, as the smaller ones show", async () => {
    const outcomes = await outcomesOf(slowPlan());
    const peers = outcomes.filter(({ group }) => group === "peers");
    expect(peers.map(({ results }) => results.some(({ subject: name }) => name === "Peer"))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(peers[3]?.missing).toEqual([
      {
        subject: "Peer",
        reason: "a round would take more than 60 s, as smaller cases show",
        failed: false,
      },
    ]);
    // The stores are as slow, and are never left out.
    expect(peers[3]?.results.map(({ subject: name }) => name)).toEqual(["ours", "raw, whole"]);
  });

  it("run all cases for which they have a goal", async () => {
    const outcomes = await outcomesOf({
      ...slowPlan(),
      groups: ["peers"],
      goalsOf: ({ size }) => new Set(size === 100 ? ["Peer"] : []),
    });
    expect(outcomes.flatMap(({ missing }) => missing)).toEqual([]);
  });

  it("are predicted with the growth of their times, between linear and quadratic", () => {
    const times = roundTimes();
    expect(times.expected("Peer", 10)).toBeUndefined();
    times.add("Peer", 100, 1000);
    expect(times.expected("Peer", 1000)).toBeCloseTo(10_000);
    times.add("Peer", 200, 4000);
    expect(times.expected("Peer", 1000)).toBeCloseTo(100_000);
    times.add("Peer", 200, 64_000);
    expect(times.expected("Peer", 400)).toBeCloseTo(256_000);
    times.add("Peer", 200, 1000);
    expect(times.expected("Peer", 400)).toBeCloseTo(2000);
    expect(times.expected("Peer", 100)).toBeUndefined();
    expect(times.expected("Another", 400)).toBeUndefined();
  });
});

describe("a run with a time", () => {
  /** Every measured step takes a minute on this clock. */
  async function timed(minutes: number, changes: Partial<Plan>): Promise<readonly Outcome[]> {
    let clock = 0;
    const workload = growing([1, 2], () => void (clock += 60_000));
    return outcomesOf({
      backends: [backend("first")],
      workloads: [workload],
      groups: ["stores"],
      rounds: 4,
      pace: paceOf(minutes, () => clock),
      ...changes,
    });
  }

  it("runs fewer rounds of cases without a goal", async () => {
    // Three subjects take a minute each, so that nine minutes are three rounds: half of them for each case.
    const outcomes = await timed(18, {});
    expect(outcomes.map(({ results }) => results.map(({ rounds }) => rounds))).toEqual([
      [3, 3, 3],
      [3, 3, 3],
    ]);
  });

  it("runs all rounds of cases with a goal, and then says that the time was up", async () => {
    const outcomes = await timed(13, { goalsOf: ({ size }) => new Set(size === 1 ? ["ours"] : []) });
    expect(outcomes.map(({ results }) => results.map(({ rounds }) => rounds))).toEqual([[4, 4, 4], [1]]);
    expect(outcomes[1]?.missing).toEqual([
      { subject: "raw, whole", reason: "the time of the run was up", failed: false },
      { subject: "raw, again", reason: "the time of the run was up", failed: false },
    ]);
    const [, second] = await timed(12, { goalsOf: ({ size }) => new Set(size === 1 ? ["ours"] : []) });
    expect(second).toMatchObject({ notRun: "the time of the run was up", results: [] });
  });
});
