import { type Anomaly, type AnomalyName, findAnomaly } from "./anomalies.ts";
import { illegalWindow } from "./illegal-window.ts";
import { type Operation, parseHistory } from "./operation.ts";
import { search, type SearchLimits, type Verdict } from "./search.ts";
import { knownAt, type Step, stepsOf, Versions } from "./step.ts";
import { timeline } from "./timeline.ts";

export interface CheckOptions {
  /**
   * The CPU time that the search may take for each thread, in milliseconds.
   * @default 2000
   */
  readonly deadlineMs?: number;
  /**
   * How much of what the search tried is remembered, for each thread.
   * @default 1_000_000
   */
  readonly maxStates?: number;
}

/** What was found out about one thread's history. */
export interface ThreadCheck {
  readonly thread: string;
  readonly verdict: Verdict;
  readonly operations: number;
  /** The name of what is wrong, where it has one: not all illegal histories have. */
  readonly anomaly?: AnomalyName;
  /** In words and as a timeline; empty when the history is legal. */
  readonly explanation: string;
}

export interface HistoryCheck {
  /** `illegal` if one thread's is; else `undecided` if one thread's is. Only `legal` is a pass. */
  readonly verdict: Verdict;
  readonly threads: readonly ThreadCheck[];
}

/**
 * Whether a history of saves, loads and deletes is linearizable: whether every call can have taken effect at
 * one moment between its start and its end. `history` is a list of operations, or JSON lines of them.
 *
 * Throws a `TypeError` when a line is no operation, and when there is none at all, which would prove nothing.
 */
export function checkHistory(
  history: string | Iterable<Operation>,
  options: CheckOptions = {},
): HistoryCheck {
  const operations = typeof history === "string" ? parseHistory(history) : [...history];
  if (operations.length === 0) throw new TypeError("The history has no operations: nothing is proved.");
  const limits = { deadlineMs: options.deadlineMs ?? 2000, maxStates: options.maxStates ?? 1_000_000 };
  // One thread has nothing to do with another: all are linearizable when each is.
  const threads = [...Map.groupBy(operations, ({ thread }) => thread)].map(([thread, each]) =>
    checkThread(thread, each, limits),
  );
  const verdicts = threads.map(({ verdict }) => verdict);
  const worst = verdicts.includes("illegal") ? "illegal" : "undecided";
  return { verdict: verdicts.every((each) => each === "legal") ? "legal" : worst, threads };
}

function checkThread(thread: string, operations: readonly Operation[], limits: SearchLimits): ThreadCheck {
  const versions = new Versions(operations);
  const steps = stepsOf(operations, versions);
  const about = { thread, operations: operations.length };
  const anomaly = reusedVersion(versions) ?? findAnomaly(steps);
  if (anomaly !== undefined) {
    const { name, explanation } = anomaly;
    const text = explain(thread, `${name}: ${explanation}`, anomaly.operations);
    return { ...about, verdict: "illegal", anomaly: name, explanation: text };
  }
  const verdict = search(steps, limits);
  if (verdict === "legal") return { ...about, verdict, explanation: "" };
  if (verdict === "illegal") return { ...about, ...illegal(thread, steps, limits) };
  return { ...about, ...halved(thread, steps, limits) };
}

function reusedVersion({ reused }: Versions): Anomaly | undefined {
  if (reused === undefined) return undefined;
  const { version, operations } = reused;
  return { name: "reused version", explanation: `two saves have the version ${version}`, operations };
}

type Found = Pick<ThreadCheck, "verdict" | "explanation">;

function illegal(thread: string, steps: readonly Step[], limits: SearchLimits): Found {
  const window = illegalWindow(steps, limits);
  const why = "no order of the calls explains the answers, here of the last of these";
  return { verdict: "illegal", explanation: explain(thread, why, window) };
}

/** The beginning of a legal history is legal, so that an illegal half decides; a legal half decides nothing. */
function halved(thread: string, steps: readonly Step[], limits: SearchLimits): Found {
  let [moments, decided] = [steps.map(({ end }) => end).filter(Number.isFinite), 0];
  moments.sort((a, b) => a - b);
  while (moments.length > 1 && decided === 0) {
    moments = moments.slice(0, moments.length >> 1);
    const half = knownAt(steps, moments.at(-1) ?? 0);
    const verdict = search(half, limits);
    if (verdict === "illegal") return illegal(thread, half, limits);
    if (verdict === "legal") decided = moments.length;
  }
  const first =
    decided === 0 ? "no part of it was decided" : `only the first ${decided} answers are legal for certain`;
  return {
    verdict: "undecided",
    explanation: `Thread ${JSON.stringify(thread)}: undecided within ${limits.deadlineMs} ms: ${first}.`,
  };
}

function explain(thread: string, why: string, operations: readonly Operation[]): string {
  return `Thread ${JSON.stringify(thread)}: ${why}.\n${timeline(operations)}`;
}
