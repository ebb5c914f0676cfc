import { isDeepStrictEqual } from "node:util";
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
import { BUG_RATES, type SimulatedBug, simulatedHistory } from "./simulated-history.ts";

const LIMITS = { deadlineMs: 2000, maxStates: 1_000_000 };

function verdictOf(operations: readonly Operation[]): string {
  return search(stepsOf(operations, new Versions(operations)), LIMITS);
}

function anomalyOf(operations: readonly Operation[]): string | undefined {
  return findAnomaly(stepsOf(operations, new Versions(operations)))?.name;
}

// Short forms of calls, each by a separate client from one moment to another.

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

function conflicting(start: number, end: number, write: string, previous: string | null): Operation {
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

function append(start: number, end: number, write: string, options: object = {}): Operation {
  const call = { type: "append", thread: "t", client: `c${start}`, start, end, write } as const;
  return { ...call, outcome: "done", version: `v-${write}`, ...options };
}

function touch(start: number, end: number, write: string, touched = true): Operation {
  const call = { type: "touch", thread: "t", client: `c${start}`, start, end, write } as const;
  return { ...call, outcome: "done", touched, ...(touched ? { version: `v-${write}` } : {}) };
}

/** A load of a thread whose last change is `write`. */
function loadOf(start: number, end: number, write: string, content: readonly string[]): Operation {
  const found = { write, version: `v-${write}`, content };
  return { type: "load", thread: "t", client: `c${start}`, start, end, outcome: "done", found };
}

describe("search", () => {
  const legal: Record<string, Operation[]> = {
    "a save and a load after it": [save(0, 1, "a", null), load(2, 3, "a")],
    "a load concurrent with a save, before it": [save(0, 9, "a", null), load(2, 3, null)],
    "a load concurrent with a save, after it": [save(0, 9, "a", null), load(2, 3, "a")],
    "a conflict with a concurrent save": [save(0, 9, "a", null), conflicting(1, 2, "b", null)],
    "a lost save that is observed much later": [lost(0, "a", null), load(1, 2, null), load(8, 9, "a")],
    "a lost save that is never observed": [lost(0, "a", null), load(1, 2, null), save(3, 4, "b", null)],
    "a lost save that another replaced": [
      lost(0, "a", null),
      save(1, 2, "b", undefined),
      conflicting(3, 4, "c", null),
    ],
    "an update of a lost save that no load has observed": [
      lost(0, "a", null),
      save(1, 2, "b", "v-a"),
      conflicting(3, 4, "c", "v-a"),
      load(5, 6, "b"),
    ],
    "a lost save that is deleted": [lost(0, "a", null), remove(1, 2, true), load(3, 4, null)],
    "a thread created again": [
      save(0, 1, "a", null),
      remove(2, 3, true),
      save(4, 5, "b", null),
      load(6, 7, "b"),
    ],
    "concurrent appends, in either order": [
      save(0, 1, "a", null),
      append(2, 5, "b"),
      append(3, 4, "c"),
      loadOf(6, 7, "b", ["a", "c", "b"]),
    ],
    "an append that creates the thread": [
      append(0, 1, "a", { creates: true }),
      append(2, 3, "b", { creates: true }),
      loadOf(4, 5, "b", ["a", "a", "b"]),
    ],
    "a touch between appends": [
      save(0, 1, "a", null),
      append(2, 3, "b"),
      touch(4, 5, "c"),
      loadOf(6, 7, "c", ["a", "b"]),
      append(8, 9, "d", { previous: "v-c" }),
      loadOf(10, 11, "d", ["a", "b", "d"]),
    ],
    "an append and a touch that find no thread": [
      append(0, 1, "a", { outcome: "conflict", version: undefined }),
      touch(2, 3, "b", false),
      save(4, 5, "c", null),
    ],
    "a lost append that is observed much later": [
      save(0, 1, "a", null),
      append(2, 0, "b", { outcome: "unknown", end: null, version: undefined }),
      append(3, 4, "c"),
      loadOf(5, 6, "c", ["a", "c"]),
      loadOf(7, 8, "b", ["a", "c", "b"]),
    ],
    "equal times, in either order": [save(0, 1, "a", null), load(1, 2, null)],
    "two deletes, one of which finds no thread": [
      save(0, 1, "a", null),
      remove(2, 5, false),
      remove(3, 4, true),
    ],
  };
  it.each(Object.entries(legal))("accepts %s", (_description, operations) => {
    expect(verdictOf(operations)).toBe("legal");
    expect(anomalyOf(operations)).toBe(undefined);
  });

  const illegal: Record<string, Operation[]> = {
    "an update of an unknown version after a delete, although a save was lost": [
      save(0, 1, "a", null),
      remove(2, 3, true),
      save(4, 5, "b", "v-x"),
      lost(6, "c", null),
    ],
    "a load that finds no thread after a save": [save(0, 1, "a", null), load(2, 3, null)],
    "two saves on one version": [save(0, 1, "a", null), save(2, 5, "b", "v-a"), save(3, 4, "c", "v-a")],
    "two loads in reverse order during a save": [
      save(0, 1, "a", null),
      save(2, 9, "b", "v-a"),
      load(3, 4, "b"),
      load(5, 6, "a"),
    ],
    "two deletes of one thread": [save(0, 1, "a", null), remove(2, 5, true), remove(3, 4, true)],
    "appends in reverse order": [
      save(0, 1, "a", null),
      append(2, 3, "b"),
      append(4, 5, "c"),
      loadOf(6, 7, "b", ["a", "c", "b"]),
    ],
    "an append that is missing before it was replaced": [
      save(0, 1, "a", null),
      append(2, 3, "b"),
      append(4, 5, "c"),
      loadOf(6, 7, "c", ["a", "c"]),
    ],
    "an append to a thread that was deleted": [save(0, 1, "a", null), remove(2, 3, true), append(4, 5, "b")],
    "a touch that finds no thread": [save(0, 1, "a", null), touch(2, 3, "b", false)],
    "a lost save whose precondition never held": [save(0, 1, "a", null), lost(2, "b", null), load(3, 4, "b")],
  };
  it.each(Object.entries(illegal))("rejects %s", (_description, operations) => {
    expect(verdictOf(operations)).toBe("illegal");
  });

  it("accepts 300 legal histories with 5 to 30 % lost responses", () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const unknown = 0.05 + (seed % 6) * 0.05;
      const history = simulatedHistory({ seed, clients: 2 + (seed % 7), operations: 100, unknown });
      expect(checkHistory(history).threads.map(({ explanation }) => explanation)).toEqual([""]);
    }
  });

  it("decides a legal history of 2000 operations, and one with 30 % lost responses", () => {
    expect(verdictOf(simulatedHistory({ seed: 1, clients: 8, operations: 2000 }))).toBe("legal");
    expect(verdictOf(simulatedHistory({ seed: 1, clients: 8, operations: 300, unknown: 0.3 }))).toBe("legal");
  });
});

describe("checkHistory", () => {
  // How many of 60 histories with 8 clients and 100 operations must be illegal: fewer than are, but more than by luck.
  const minimums: Record<Exclude<SimulatedBug, "none">, number> = {
    "check-then-act": 55,
    "stale read": 30,
    "conflict although applied": 15,
    "acknowledged write lost": 12,
    "deleted thread reappears": 15,
  };
  it.each(Object.entries(minimums))("detects the bug: %s", (bug, minimum) => {
    const verdicts = Array.from({ length: 60 }, (_, seed) => {
      const simulation = { seed, clients: 8, operations: 100, unknown: 0.05, bug: bug as SimulatedBug };
      return checkHistory(simulatedHistory(simulation)).verdict;
    });
    expect(verdicts.filter((verdict) => verdict === "illegal").length).toBeGreaterThanOrEqual(minimum);
    expect(verdicts).not.toContain("undecided");
  });

  it("names an anomaly only if the search rejects the history too", () => {
    const bugs = Object.keys(BUG_RATES) as SimulatedBug[];
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

  it("agrees with a search that tries every order, on small histories with random responses", () => {
    const histories = Array.from({ length: 2000 }, (_, seed) => anyResponses(seed));
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
    "the load of a save that never happened": ["phantom read", load(0, 1, "a")],
    "a load before the save": ["future read", load(0, 1, "a"), save(2, 3, "a", null)],
    "an append that is missing": [
      "lost append",
      save(0, 1, "a", null),
      append(2, 5, "b"),
      append(3, 4, "c"),
      loadOf(6, 7, "c", ["a", "c"]),
    ],
    "an append that took effect twice": [
      "repeated append",
      save(0, 1, "a", null),
      append(2, 3, "b"),
      loadOf(4, 5, "b", ["a", "b", "b"]),
    ],
    "content that came back": [
      "reverted content",
      save(0, 1, "a", null),
      save(2, 3, "b", "v-a"),
      touch(4, 5, "c"),
      loadOf(6, 7, "c", ["a"]),
    ],
    "an element that no call appended": [
      "phantom read",
      save(0, 1, "a", null),
      append(2, 3, "b"),
      loadOf(4, 5, "b", ["a", "x", "b"]),
    ],
    "an append that was a conflict and applied": [
      "conflict that took effect",
      save(0, 1, "a", null),
      append(2, 3, "b", { outcome: "conflict", previous: "v-x", version: undefined }),
      append(4, 5, "c"),
      loadOf(6, 7, "c", ["a", "b", "c"]),
    ],
    "a version replaced twice": [
      "lost update",
      save(0, 1, "a", null),
      save(2, 5, "b", "v-a"),
      save(3, 4, "c", "v-a"),
    ],
    "the replacement of an earlier version": [
      "lost update",
      save(0, 1, "a", null),
      save(2, 3, "b", undefined),
      save(4, 5, "c", "v-a"),
    ],
    "the load of a replaced version": [
      "stale read",
      save(0, 1, "a", null),
      save(2, 3, "b", "v-a"),
      load(4, 5, "a"),
    ],
    "the load of an overwritten version": [
      "stale read",
      save(0, 1, "a", null),
      save(2, 3, "b", undefined),
      load(4, 5, "a"),
    ],
    "the load of a deleted thread": [
      "stale read",
      save(0, 1, "a", null),
      remove(2, 3, true),
      load(4, 5, "a"),
    ],
    "a thread missing without a delete": ["lost thread", save(0, 1, "a", null), load(2, 3, null)],
    "two creations": ["double creation", save(0, 3, "a", null), save(1, 2, "b", null)],
    "a conflict without a cause": [
      "spurious conflict",
      save(0, 1, "a", null),
      conflicting(2, 3, "b", "v-a"),
      load(4, 5, "a"),
    ],
    "a conflict before the first save": [
      "spurious conflict",
      conflicting(0, 1, "a", null),
      save(2, 3, "b", null),
    ],
    "a conflict that was applied": [
      "conflict that took effect",
      save(0, 1, "a", null),
      conflicting(2, 3, "b", "v-a"),
      load(4, 5, "b"),
    ],
    "a response that no state explains": [
      "impossible response",
      save(0, 1, "a", null),
      remove(2, 3, false, "v-a"),
    ],
    "one version for two saves": [
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
  it.each(Object.entries(named))("names the anomaly: %s", (_description, [name, ...operations]) => {
    const [thread] = checkHistory(operations).threads;
    expect(thread?.anomaly).toBe(name);
    expect(thread?.explanation).toContain(`Thread "t": ${name}: `);
  });

  it("shows the calls that contradict each other", () => {
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
        'Thread "t": stale read: a was observed, although it had been replaced before this call began.',
        "  c0  save a as new: done v-a  |-------|",
        "  c2  save b on v-a: done v-b                  |------|",
        "  c4  load: a                                                 |-------|",
        "  (5.000 ms from left to right)",
      ].join("\n"),
    );
  });

  it("shows what a thread consists of", () => {
    const history = [
      save(0, 1, "a", null),
      append(2, 4, "b", { creates: true }),
      touch(2.5, 3.5, "c"),
      loadOf(5, 6, "c", ["a"]),
    ];
    const { threads } = checkHistory(history);
    expect(threads[0]?.explanation).toBe(
      [
        'Thread "t": lost append: b was appended after a, but is missing later.',
        "  c0  save a as new: done v-a       |------|",
        "  c2  append b or create: done v-b               |------------|",
        "  c5  load: c [a]                                                    |-----|",
        "  (6.000 ms from left to right)",
      ].join("\n"),
    );
  });

  it("shows a short part of a long history that has no named anomaly", () => {
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

  it("returns undecided if the search exceeds its time or memory limit", () => {
    const history = simulatedHistory({ seed: 1, clients: 8, operations: 200 });
    const late = checkHistory(history, { deadlineMs: 0 });
    expect(late.verdict).toBe("undecided");
    expect(late.threads[0]?.explanation).toContain("no part of the history was decided");
    const full = checkHistory(history, { maxStates: 60 });
    expect(full.verdict).toBe("undecided");
    expect(full.threads[0]?.explanation).toMatch(/only the first \d+ responses are certainly legal/u);
  });

  it("finds an illegal prefix of a history that it cannot decide as a whole", () => {
    const beginning = [save(0, 1, "a", null), save(2, 9, "b", "v-a"), load(3, 4, "b"), load(5, 6, "a")];
    const later = simulatedHistory({ seed: 1, clients: 8, operations: 200 }).map((each) => ({
      ...each,
      start: each.start + 0.5,
      end: each.end === null ? null : each.end + 0.5,
    }));
    expect(checkHistory([...beginning, ...later], { maxStates: 60 }).verdict).not.toBe("legal");
  });

  it("checks each thread separately", () => {
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
  it("gets the same result as the recorded history", () => {
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

  it("names the line that is not a valid operation", () => {
    const valid = JSON.stringify(save(0, 1, "a", null));
    expect(() => checkHistory(`${valid}\n{"type":`)).toThrow("Line 2 of the history is not valid JSON.");
    const call = { thread: "t", client: "c", start: 0, end: 1, outcome: "done" };
    const invalid = [
      null,
      1,
      {},
      call,
      { ...call, type: "list" },
      { ...call, type: "save" },
      { ...call, type: "save", write: "a", previous: 1 },
      { ...call, type: "load" },
      { ...call, type: "load", found: { write: "a" } },
      { ...call, type: "load", found: { write: "a", version: "v", content: [1] } },
      { ...call, type: "append" },
      { ...call, type: "append", write: "a", previous: null },
      { ...call, type: "touch", write: "a" },
      { ...call, type: "delete" },
      { ...call, type: "load", found: null, end: null },
      { ...call, type: "load", outcome: "conflict" },
    ];
    for (const each of invalid)
      expect(() => checkHistory(`\n${JSON.stringify(each)}`)).toThrow(
        "Line 2 of the history is not a valid operation.",
      );
  });

  it("is rejected if it is empty", () => {
    expect(() => checkHistory("\n")).toThrow("no operations");
  });
});

/** Three to six calls with random responses. */
function anyResponses(seed: number): Operation[] {
  const random = seededRandom(seed);
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const length = 3 + Math.floor(random() * 4);
  const writes = Array.from({ length }, (_, index) => `w${index}`);
  return writes.map((write, index): Operation => {
    const start = index + random();
    const end = start + random() * 3;
    const other = pick(...writes.slice(0, Math.max(1, index)));
    const previous = index === 0 || random() < 0.2 ? null : `v-${other}`;
    const contents = [[other], [other], ["w0", other], ["w0", "w1", other]];
    switch (
      pick("save", "save", "save", "load", "load", "delete", "conflict", "lost", "append", "append", "touch")
    ) {
      case "save":
        return save(start, end, write, pick(previous, previous, undefined));
      case "append":
        return append(start, end, write, pick({}, { creates: true }, { previous: `v-${other}` }));
      case "touch":
        return touch(start, end, write, pick(true, true, false));
      case "load":
        return pick(load(start, end, pick(null, other, other)), loadOf(start, end, other, pick(...contents)));
      case "delete":
        return remove(start, end, pick(true, false));
      case "conflict":
        return conflicting(start, end, write, previous);
      default:
        return lost(start, write, previous);
    }
  });
}

/** A thread: its last change, and the writes that it consists of. */
type Thread = { readonly last: string; readonly content: readonly string[] } | null;

/** Tries every order and every effect of lost calls, independently of the code under test. */
function isLegalInSomeOrder(
  history: readonly Operation[],
  returned: Returned = returnedBy(history),
  thread: Thread = null,
): boolean {
  const certain = history.filter(({ outcome }) => outcome !== "unknown");
  if (certain.length === 0) return true;
  return history.some((operation) => {
    if (certain.some((other) => other !== operation && (other.end ?? Infinity) < operation.start))
      return false;
    const others = history.filter((each) => each !== operation);
    return threadsAfter(operation, thread, returned).some((after) =>
      isLegalInSomeOrder(others, returned, after),
    );
  });
}

interface Returned {
  /** The writes whose versions a call returned. */
  readonly writes: ReadonlySet<string>;
  /** Whether there may be other writes. */
  readonly isIncomplete: boolean;
}

function returnedBy(history: readonly Operation[]): Returned {
  const writes = history.flatMap((each) => {
    if (each.type === "load") return each.found?.write ?? [];
    return each.type !== "delete" && each.outcome === "done" && each.version !== undefined ? each.write : [];
  });
  const isIncomplete = history.some(({ type, outcome }) => type !== "load" && outcome === "unknown");
  return { writes: new Set(writes), isIncomplete };
}

function hasReturned({ writes }: Returned, version: string): boolean {
  return [...writes].some((write) => version === `v-${write}`);
}

function threadsAfter(operation: Operation, thread: Thread, returned: Returned): Thread[] {
  if (operation.type === "load") {
    const { write = null, content = thread?.content } = operation.found ?? {};
    const matches = write === (thread?.last ?? null) && isDeepStrictEqual(content, thread?.content);
    return matches ? [thread] : [];
  }
  if (operation.type === "delete") return operation.deleted === (thread !== null) ? [null] : [];
  const { previous, outcome } = operation;
  const after = changed(operation, thread);
  if (operation.type === "touch" && operation.touched === false) return thread === null ? [null] : [];
  const isUncertain =
    typeof previous === "string" && returned.isIncomplete && !hasReturned(returned, previous);
  const isOnVersion =
    previous === undefined ||
    (thread === null
      ? previous === null
      : isUncertain || (returned.writes.has(thread.last) && previous === `v-${thread.last}`));
  const matches = isOnVersion && after !== null;
  if (outcome === "conflict") return matches && !isUncertain ? [] : [thread];
  if (outcome === "unknown") return matches ? [thread, after] : [thread];
  return matches ? [after] : [];
}

/** Returns the thread after a change without a precondition, or `null` if it needs a thread. */
function changed(operation: Exclude<Operation, { type: "load" | "delete" }>, thread: Thread): Thread {
  const { write } = operation;
  if (operation.type === "save") return { last: write, content: [write] };
  if (operation.type === "touch") return thread && { last: write, content: thread.content };
  if (thread === null && operation.creates !== true) return null;
  return { last: write, content: [...(thread?.content ?? [write]), write] };
}
