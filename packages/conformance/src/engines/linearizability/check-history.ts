import { findAnomaly } from "./anomalies.ts";
import { illegalWindow } from "./illegal-window.ts";
import { type Operation, parseHistory } from "./operation.ts";
import type { Anomaly, AnomalyName } from "./rule.ts";
import { search, type SearchLimits, type Verdict } from "./search.ts";
import { knownAt, type Step, stepsOf, Versions } from "./step.ts";
import { timeline } from "./timeline.ts";

export interface CheckOptions {
  /**
   * The CPU time that the search may take per thread, in milliseconds.
   * @default 2000
   */
  readonly deadlineMs?: number;
  /**
   * The number of configurations that the search may remember per thread.
   * @default 1_000_000
   */
  readonly maxStates?: number;
}

/** The result for one thread's history. */
export interface ThreadCheck {
  readonly thread: string;
  readonly verdict: Verdict;
  readonly operations: number;
  /** The name of the anomaly. Not every illegal history has one. */
  readonly anomaly?: AnomalyName;
  /** A sentence and a timeline; empty if the history is legal. */
  readonly explanation: string;
}

export interface HistoryCheck {
  /** `illegal` if the verdict of any thread is, otherwise `undecided` if any is. Only `legal` is a pass. */
  readonly verdict: Verdict;
  readonly threads: readonly ThreadCheck[];
}

/**
 * Checks whether a history of saves, appends, touches, loads and deletes is linearizable: whether every call can have
 * taken effect atomically at some moment between its start and its end. `history` is a list of operations, or JSON lines
 * of them.
 *
 * Throws a `TypeError` if a line is not a valid operation, and if the history is empty and therefore proves nothing.
 */
export function checkHistory(
  history: string | Iterable<Operation>,
  options: CheckOptions = {},
): HistoryCheck {
  const operations = typeof history === "string" ? parseHistory(history) : [...history];
  if (operations.length === 0)
    throw new TypeError("The history has no operations and proves nothing. Record at least one operation.");
  const limits = { deadlineMs: options.deadlineMs ?? 2000, maxStates: options.maxStates ?? 1_000_000 };
  // Threads are independent: a history is linearizable if that of each thread is.
  const threads = [...Map.groupBy(operations, ({ thread }) => thread)].map(([thread, each]) =>
    checkThread(thread, each, limits),
  );
  const verdicts = threads.map(({ verdict }) => verdict);
  const worst = verdicts.includes("illegal") ? "illegal" : "undecided";
  return { verdict: verdicts.every((verdict) => verdict === "legal") ? "legal" : worst, threads };
}

function checkThread(thread: string, operations: readonly Operation[], limits: SearchLimits): ThreadCheck {
  const versions = new Versions(operations);
  const steps = stepsOf(operations, versions);
  const common = { thread, operations: operations.length };
  const anomaly = reusedVersion(versions) ?? findAnomaly(steps);
  if (anomaly !== undefined) {
    const { name, explanation } = anomaly;
    const text = explain(thread, `${name}: ${explanation}`, anomaly.operations);
    return { ...common, verdict: "illegal", anomaly: name, explanation: text };
  }
  const verdict = search(steps, limits);
  if (verdict === "legal") return { ...common, verdict, explanation: "" };
  if (verdict === "illegal") return { ...common, ...illegalResult(thread, steps, limits) };
  return { ...common, ...resultOfPrefixes(thread, steps, limits) };
}

function reusedVersion({ reused }: Versions): Anomaly | undefined {
  if (reused === undefined) return undefined;
  const { version, operations } = reused;
  return { name: "reused version", explanation: `two saves have the version ${version}`, operations };
}

type Result = Pick<ThreadCheck, "verdict" | "explanation">;

function illegalResult(thread: string, steps: readonly Step[], limits: SearchLimits): Result {
  const window = illegalWindow(steps, limits);
  const why = "no order of the calls explains their responses, of which these are the last";
  return { verdict: "illegal", explanation: explain(thread, why, window) };
}

/**
 * Decides a shorter part of a history that is too long to search. Every prefix of a legal history is legal, so an
 * illegal prefix proves the history illegal. A legal prefix proves nothing about the whole.
 */
function resultOfPrefixes(thread: string, steps: readonly Step[], limits: SearchLimits): Result {
  let [moments, decided] = [steps.map(({ end }) => end).filter(Number.isFinite), 0];
  moments.sort((a, b) => a - b);
  while (moments.length > 1 && decided === 0) {
    moments = moments.slice(0, moments.length >> 1);
    const prefix = knownAt(steps, moments.at(-1) ?? 0);
    const verdict = search(prefix, limits);
    if (verdict === "illegal") return illegalResult(thread, prefix, limits);
    if (verdict === "legal") decided = moments.length;
  }
  const known =
    decided === 0
      ? "no part of the history was decided"
      : `only the first ${decided} responses are certainly legal`;
  return {
    verdict: "undecided",
    explanation: `Thread ${JSON.stringify(thread)}: undecided within ${limits.deadlineMs} ms: ${known}.`,
  };
}

function explain(thread: string, why: string, operations: readonly Operation[]): string {
  return `Thread ${JSON.stringify(thread)}: ${why}.\n${timeline(operations)}`;
}
