import { describe, expect, it } from "vitest";
import { findAnomaly } from "../../src/engines/linearizability/anomalies.ts";
import {
  checkHistory,
  formatHistory,
  type Operation,
  parseHistory,
} from "../../src/engines/linearizability/index.ts";
import { search } from "../../src/engines/linearizability/search.ts";
import { stepsOf, Versions } from "../../src/engines/linearizability/step.ts";
import { seededRandom } from "../../src/utilities/seeded-random.ts";
import { bugRates, type SimulatedBug, simulatedHistory } from "./simulated-history.ts";

const limits = { deadlineMs: 2000, maxStates: 1_000_000 };

function verdictOf(operations: readonly Operation[]): string {
  return search(stepsOf(operations, new Versions(operations)), limits);
}

function anomalyOf(operations: readonly Operation[]): string | undefined {
  return findAnomaly(stepsOf(operations, new Versions(operations)))?.name;
}

/** A call as short as it can be written: `save`, `load` or `delete` by one client from one moment to another. */
function save(start: number, end: number, write: string, previous: string | null | undefined): Operation {
  const call = {
    type: "save",
    thread: "t",
    client: `c${start}`,
    start,
    end,
    write,
    outcome: "done",
  } as const;
  return { ...call, version: `v-${write}`, ...(previous === undefined ? {} : { previous }) };
}

function refused(start: number, end: number, write: string, previous: string | null): Operation {
  return { type: "save", thread: "t", client: `c${start}`, start, end, write, outcome: "conflict", previous };
}

function lost(start: number, write: string, previous: string | null): Operation {
  return {
    type: "save",
    thread: "t",
    client: `c${start}`,
    start,
    end: null,
    write,
    outcome: "unknown",
    previous,
  };
}

function load(start: number, end: number, write: string | null): Operation {
  const found = write === null ? null : { write, version: `v-${write}` };
  return { type: "load", thread: "t", client: `c${start}`, start, end, outcome: "done", found };
}

function remove(start: number, end: number, deleted: boolean, previous?: string): Operation {
  const call = {
    type: "delete",
    thread: "t",
    client: `c${start}`,
    start,
    end,
    outcome: "done",
    deleted,
  } as const;
  return { ...call, ...(previous === undefined ? {} : { previous }) };
}

describe("search", () => {
  const legal: Record<string, Operation[]> = {
    "a save and a load after it": [save(0, 1, "a", null), load(2, 3, "a")],
    "a load beside a save, before it": [save(0, 9, "a", null), load(2, 3, null)],
    "a load beside a save, after it": [save(0, 9, "a", null), load(2, 3, "a")],
    "a conflict with a save beside it": [save(0, 9, "a", null), refused(1, 2, "b", null)],
    "a lost save that is seen much later": [lost(0, "a", null), load(1, 2, null), load(8, 9, "a")],
    "a lost save that is never seen": [lost(0, "a", null), load(1, 2, null), save(3, 4, "b", null)],
    "a lost save that another replaced": [
      lost(0, "a", null),
      save(1, 2, "b", undefined),
      refused(3, 4, "c", null),
    ],
    "a lost save to which a delete is due": [lost(0, "a", null), remove(1, 2, true), load(3, 4, null)],
    "a thread created again": [
      save(0, 1, "a", null),
      remove(2, 3, true),
      save(4, 5, "b", null),
      load(6, 7, "b"),
    ],
    "equal times, which may be in either order": [save(0, 1, "a", null), load(1, 2, null)],
    "two deletes of which one found nothing": [
      save(0, 1, "a", null),
      remove(2, 5, false),
      remove(3, 4, true),
    ],
  };
  it.each(Object.entries(legal))("takes %s for legal", (_what, operations) => {
    expect(verdictOf(operations)).toBe("legal");
    expect(anomalyOf(operations)).toBe(undefined);
  });

  const illegal: Record<string, Operation[]> = {
    "a load of nothing after a save": [save(0, 1, "a", null), load(2, 3, null)],
    "two saves on one version": [save(0, 1, "a", null), save(2, 5, "b", "v-a"), save(3, 4, "c", "v-a")],
    "two loads that go back beside a save": [
      save(0, 1, "a", null),
      save(2, 9, "b", "v-a"),
      load(3, 4, "b"),
      load(5, 6, "a"),
    ],
    "two deletes that both found it": [save(0, 1, "a", null), remove(2, 5, true), remove(3, 4, true)],
    "a lost save whose condition never held": [save(0, 1, "a", null), lost(2, "b", null), load(3, 4, "b")],
  };
  it.each(Object.entries(illegal))("takes %s for illegal", (_what, operations) => {
    expect(verdictOf(operations)).toBe("illegal");
  });

  it("takes no false alarm over 300 legal histories with 5 to 30 % lost answers", () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const unknown = 0.05 + (seed % 6) * 0.05;
      const history = simulatedHistory({ seed, clients: 2 + (seed % 7), operations: 100, unknown });
      expect(checkHistory(history).threads.map(({ explanation }) => explanation)).toEqual([""]);
    }
  });

  it("decides a legal history of 2000 operations, and one of 30 % lost answers", () => {
    expect(verdictOf(simulatedHistory({ seed: 1, clients: 8, operations: 2000 }))).toBe("legal");
    expect(verdictOf(simulatedHistory({ seed: 1, clients: 8, operations: 300, unknown: 0.3 }))).toBe("legal");
  });
});

describe("the checker", () => {
  // How many of 60 histories of 8 clients and 100 operations it has to find: fewer than it does, more than luck.
  const found: Record<Exclude<SimulatedBug, "none">, number> = {
    "check-then-act": 55,
    "stale read": 30,
    "conflict although applied": 15,
    "acknowledged write lost": 12,
    "delete comes back": 15,
  };
  it.each(Object.entries(found))("finds %s", (bug, atLeast) => {
    const verdicts = Array.from({ length: 60 }, (_, seed) => {
      const simulation = { seed, clients: 8, operations: 100, unknown: 0.05, bug: bug as SimulatedBug };
      return checkHistory(simulatedHistory(simulation)).verdict;
    });
    expect(verdicts.filter((verdict) => verdict === "illegal").length).toBeGreaterThanOrEqual(atLeast);
    expect(verdicts).not.toContain("undecided");
  });

  it("names an anomaly only where the search finds the history illegal too", () => {
    const bugs = Object.keys(bugRates) as SimulatedBug[];
    let named = 0;
    for (let seed = 0; seed < 600; seed += 1) {
      const bug = bugs[seed % bugs.length] ?? "none";
      const unknown = (seed % 4) * 0.08;
      const history = simulatedHistory({ seed, clients: 2 + (seed % 5), operations: 40, bug, unknown });
      const anomaly = anomalyOf(history);
      if (anomaly === undefined) continue;
      named += 1;
      expect(verdictOf(history), `${anomaly} in history ${seed}`).toBe("illegal");
    }
    expect(named).toBeGreaterThan(100);
  });

  it("agrees with a search that tries every order, over small histories of any answers", () => {
    const histories = Array.from({ length: 2000 }, (_, seed) => anyAnswers(seed));
    const [legal, illegal] = [true, false].map((isLegal) =>
      histories.filter((history) => isLegalInSomeOrder(history) === isLegal),
    );
    expect(legal?.length).toBeGreaterThan(200);
    expect(illegal?.length).toBeGreaterThan(200);
    for (const history of legal ?? [])
      expect([verdictOf(history), anomalyOf(history)], formatHistory(history)).toEqual(["legal", undefined]);
    for (const history of illegal ?? []) expect(verdictOf(history), formatHistory(history)).toBe("illegal");
  });

  const named: Record<string, readonly [string, ...Operation[]]> = {
    "a save that nobody made": ["phantom read", load(0, 1, "a")],
    "a load before the save": ["future read", load(0, 1, "a"), save(2, 3, "a", null)],
    "one version replaced twice": [
      "lost update",
      save(0, 1, "a", null),
      save(2, 5, "b", "v-a"),
      save(3, 4, "c", "v-a"),
    ],
    "a version replaced although it was gone": [
      "lost update",
      save(0, 1, "a", null),
      save(2, 3, "b", undefined),
      save(4, 5, "c", "v-a"),
    ],
    "what was replaced": ["stale read", save(0, 1, "a", null), save(2, 3, "b", "v-a"), load(4, 5, "a")],
    "what was overwritten": [
      "stale read",
      save(0, 1, "a", null),
      save(2, 3, "b", undefined),
      load(4, 5, "a"),
    ],
    "what was deleted": ["stale read", save(0, 1, "a", null), remove(2, 3, true), load(4, 5, "a")],
    "nothing, where nobody deleted": ["lost thread", save(0, 1, "a", null), load(2, 3, null)],
    "two creations": ["double creation", save(0, 3, "a", null), save(1, 2, "b", null)],
    "a conflict without cause": [
      "spurious conflict",
      save(0, 1, "a", null),
      refused(2, 3, "b", "v-a"),
      load(4, 5, "a"),
    ],
    "a conflict with nothing": ["spurious conflict", refused(0, 1, "a", null), save(2, 3, "b", null)],
    "a conflict that was applied": [
      "conflict that took effect",
      save(0, 1, "a", null),
      refused(2, 3, "b", "v-a"),
      load(4, 5, "b"),
    ],
    "an answer to no question": ["impossible answer", save(0, 1, "a", null), remove(2, 3, false, "v-a")],
    "one version of two saves": [
      "reused version",
      save(0, 1, "a", null),
      {
        type: "load",
        thread: "t",
        client: "x",
        start: 2,
        end: 3,
        outcome: "done",
        found: { write: "b", version: "v-a" },
      },
    ],
  };
  it.each(Object.entries(named))("names %s", (_what, [name, ...operations]) => {
    const [thread] = checkHistory(operations).threads;
    expect(thread?.anomaly).toBe(name);
    expect(thread?.explanation).toContain(`Thread "t": ${name}: `);
  });

  it("shows a person the calls that cannot all be", () => {
    const history = [
      save(0, 1, "a", null),
      load(1.5, 2.5, "a"),
      save(2, 3, "b", "v-a"),
      load(4, 5, "a"),
      load(6, 7, "b"),
    ];
    const { threads } = checkHistory(history);
    expect(threads[0]?.explanation).toBe(
      [
        'Thread "t": stale read: a was seen, but it had been replaced before this call began.',
        "  c0  save a as new: done v-a  |-------|",
        "  c2  save b on v-a: done v-b                  |------|",
        "  c4  load: a                                                 |-------|",
        "  (5.000 ms from left to right)",
      ].join("\n"),
    );
  });

  it("shows few of a long history, the last of which no order explains", () => {
    const unnamed = Array.from({ length: 200 }, (_, seed) =>
      simulatedHistory({ seed, clients: 4, operations: 100, unknown: 0.1, bug: "stale read" }),
    ).filter((history) => anomalyOf(history) === undefined && verdictOf(history) === "illegal");
    expect(unnamed.length).toBeGreaterThan(0);
    for (const history of unnamed) {
      const [thread] = checkHistory(history).threads;
      expect(thread?.anomaly).toBe(undefined);
      expect(thread?.explanation).toContain("no order of the calls explains");
      expect(thread?.explanation.split("\n").length).toBeLessThan(20);
    }
  });

  it("says undecided when time or memory is up, which is no pass", () => {
    const history = simulatedHistory({ seed: 1, clients: 8, operations: 200 });
    const late = checkHistory(history, { deadlineMs: 0 });
    expect(late.verdict).toBe("undecided");
    expect(late.threads[0]?.explanation).toContain("no part of it was decided");
    const full = checkHistory(history, { maxStates: 60 });
    expect(full.verdict).toBe("undecided");
    expect(full.threads[0]?.explanation).toMatch(/only the first \d+ answers are legal for certain/u);
  });

  it("finds in a half what it cannot decide as a whole", () => {
    const beginning = [save(0, 1, "a", null), save(2, 9, "b", "v-a"), load(3, 4, "b"), load(5, 6, "a")];
    const later = simulatedHistory({ seed: 1, clients: 8, operations: 200 }).map((each) => ({
      ...each,
      start: each.start + 0.5,
      end: each.end === null ? null : each.end + 0.5,
    }));
    expect(checkHistory([...beginning, ...later], { maxStates: 60 }).verdict).not.toBe("legal");
  });

  it("looks at each thread apart", () => {
    const one = [save(0, 1, "a", null), load(2, 3, "a")];
    const other = [save(0, 1, "b", null), load(2, 3, null)].map((each) => ({ ...each, thread: "u" }));
    const { verdict, threads } = checkHistory([...one, ...other]);
    expect(verdict).toBe("illegal");
    expect(threads.map((each) => [each.thread, each.verdict, each.operations])).toEqual([
      ["t", "legal", 2],
      ["u", "illegal", 2],
    ]);
  });
});

describe("a history as JSON lines", () => {
  it("is checked as it was when it was recorded", () => {
    const history = simulatedHistory({
      seed: 3,
      clients: 4,
      operations: 60,
      unknown: 0.2,
      bug: "check-then-act",
    });
    expect(parseHistory(formatHistory(history))).toEqual(history);
    expect(checkHistory(formatHistory(history))).toEqual(checkHistory(history));
  });

  it("says which line is no operation", () => {
    const good = JSON.stringify(save(0, 1, "a", null));
    expect(() => checkHistory(`${good}\n{"type":`)).toThrow("Line 2 of the history is not JSON.");
    const call = { thread: "t", client: "c", start: 0, end: 1, outcome: "done" };
    const wrong = [
      null,
      1,
      {},
      call,
      { ...call, type: "list" },
      { ...call, type: "save" },
      { ...call, type: "save", write: "a", previous: 1 },
      { ...call, type: "load" },
      { ...call, type: "load", found: { write: "a" } },
      { ...call, type: "delete" },
      { ...call, type: "load", found: null, end: null },
      { ...call, type: "load", outcome: "conflict" },
    ];
    for (const each of wrong)
      expect(() => checkHistory(`\n${JSON.stringify(each)}`)).toThrow(
        "Line 2 of the history is not an operation.",
      );
  });

  it("proves nothing when it is empty", () => {
    expect(() => checkHistory("\n")).toThrow("no operations");
  });
});

/** Six calls with answers that nobody gave. */
function anyAnswers(seed: number): Operation[] {
  const random = seededRandom(seed);
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const length = 3 + Math.floor(random() * 4);
  const writes = Array.from({ length }, (_, index) => `w${index}`);
  return writes.map((write, index): Operation => {
    const start = index + random();
    const end = start + random() * 3;
    const other = pick(...writes.slice(0, Math.max(1, index)));
    const previous = index === 0 || random() < 0.2 ? null : `v-${other}`;
    switch (pick("save", "save", "save", "load", "load", "delete", "refused", "lost")) {
      case "save":
        return save(start, end, write, pick(previous, previous, undefined));
      case "load":
        return load(start, end, pick(null, other, other));
      case "delete":
        return remove(start, end, pick(true, false));
      case "refused":
        return refused(start, end, write, previous);
      default:
        return lost(start, write, previous);
    }
  });
}

/** Tries every order and every choice of the lost, with a model of its own. */
function isLegalInSomeOrder(
  history: readonly Operation[],
  told: ReadonlySet<string> = toldWrites(history),
  state: string | null = null,
): boolean {
  const certain = history.filter(({ outcome }) => outcome !== "unknown");
  if (certain.length === 0) return true;
  return history.some((operation) => {
    if (certain.some((other) => other !== operation && (other.end ?? Infinity) < operation.start))
      return false;
    const rest = history.filter((each) => each !== operation);
    return statesAfter(operation, state, told).some((after) => isLegalInSomeOrder(rest, told, after));
  });
}

/** Whose versions somebody knows. */
function toldWrites(history: readonly Operation[]): Set<string> {
  return new Set(
    history.flatMap((each) => {
      if (each.type === "load") return each.found?.write ?? [];
      return each.type === "save" && each.outcome === "done" ? each.write : [];
    }),
  );
}

function statesAfter(
  operation: Operation,
  state: string | null,
  told: ReadonlySet<string>,
): (string | null)[] {
  if (operation.type === "load") return (operation.found?.write ?? null) === state ? [state] : [];
  if (operation.type === "delete") return operation.deleted === (state !== null) ? [null] : [];
  const { previous, write, outcome } = operation;
  const matches =
    previous === undefined ||
    (state === null ? previous === null : told.has(state) && previous === `v-${state}`);
  if (outcome === "conflict") return matches ? [] : [state];
  if (outcome === "unknown") return matches ? [state, write] : [state];
  return matches ? [write] : [];
}
