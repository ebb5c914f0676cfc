import { AssertionError } from "node:assert";
import fc from "fast-check";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { describeError, holds } from "../../suite/expectations.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";
import { range } from "../../utilities/parallel.ts";
import { ids } from "./arbitraries.ts";
import type { CallKind, Tally, Traced } from "./command.ts";

/** Fewer would leave some kind of call unmade. */
const FEWEST_RUNS = 8;
/** Of the case's time: the rest is for clearing up. */
const SHARE_OF_TIME = 0.7;
/** How long calls that lead to a failure may be made fewer, where each run of them takes long. */
const SHRINKING_MS = { quick: 2_000, full: 6_000 } as const;

export type Surroundings = Pick<CaseContext, "settings" | "timeoutFactor" | "signal">;

/** One list of calls, on ids of its own: what they are compared with, and what they are made on. */
export interface Run<Compared, Real> {
  readonly model: Compared;
  readonly clients: Real;
  /** After the last call. */
  readonly end: () => Promise<void>;
}

/** Begins a list of calls. */
export type Begin<Compared, Real> = (ids: readonly string[], tally: Tally) => Run<Compared, Real>;

export interface RandomCalls<Compared extends object, Real> {
  readonly kinds: readonly CallKind<Compared, Real>[];
  /** What else a tally has to have. */
  readonly moreLabels?: readonly string[];
  /** How many lists are gone through at the same time. @default 1 */
  readonly lanes?: number;
  /** Opens what the lists of one lane work with, one after the other. */
  readonly openLane: () => Promise<Begin<Compared, Real>>;
  /** How many lists of calls there are where nobody says so, and how many calls are in one at most. */
  readonly usualRuns: number;
  readonly mostCalls: number;
  /** What the case may take, in milliseconds, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
  /** How long a failure may be made shorter, in milliseconds. @default some seconds */
  readonly shrinkingMs?: number;
}

type Calls<Compared extends object, Real> = Iterable<fc.AsyncCommand<Compared, Real>>;

/** What a run found wrong, and the calls that led to it. */
interface Failure {
  readonly error: unknown;
  readonly trace: readonly string[];
}

/** Far apart, so that lanes do not meet those of the seeds next to it. */
const LANE = 1_000_003;

/** Makes random lists of calls until one shows something wrong, and then as short a list as shows it too. */
export async function randomCalls<Compared extends Traced, Real extends object>(
  surroundings: Surroundings,
  options: RandomCalls<Compared, Real>,
): Promise<void> {
  const { settings, timeoutFactor } = surroundings;
  const usual = Math.max(FEWEST_RUNS, Math.ceil(options.usualRuns / Math.max(1, timeoutFactor)));
  const runs = settings.randomRuns ?? usual;
  const tally: Tally = new Map();
  // A list that is to be made again is one, and told with the seed of its lane.
  const lanes = settings.replay === undefined ? (options.lanes ?? 1) : 1;
  const failed = new AbortController();
  const outcomes = await Promise.allSettled(
    range(lanes).map(async (lane) => {
      try {
        const seed = settings.seed + lane * LANE;
        await goThrough(surroundings, options, {
          seed,
          runs: Math.ceil(runs / lanes),
          tally,
          failed: failed.signal,
        });
      } catch (error) {
        failed.abort();
        throw error;
      }
    }),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  const labels = [...options.kinds.flatMap((kind) => kind.labels), ...(options.moreLabels ?? [])];
  if (settings.replay === undefined) checkTally(tally, labels, runs);
}

interface Lane {
  readonly seed: number;
  readonly runs: number;
  readonly tally: Tally;
  /** Aborted when another lane has found something. */
  readonly failed: AbortSignal;
}

async function goThrough<Compared extends Traced, Real extends object>(
  { settings, timeoutFactor, signal }: Surroundings,
  options: RandomCalls<Compared, Real>,
  { seed, runs, tally, failed }: Lane,
): Promise<void> {
  const { path, replayPath } = settings.replay ?? {};
  const begin = await options.openLane();
  let failure: Failure | undefined;
  const elapsedMs = startStopwatch();
  let deadlineMs = options.timeoutMs * timeoutFactor * SHARE_OF_TIME;
  const property = fc.asyncProperty(ids, callsOf(options, tally, replayPath), async (pool, calls) => {
    // Lists that are not tried count as passed.
    if (elapsedMs() > deadlineMs || (failure === undefined && failed.aborted)) return;
    const { model, clients, end } = begin(pool, tally);
    try {
      signal.throwIfAborted();
      await fc.asyncModelRun(() => ({ model, real: clients }), calls);
      await end();
    } catch (error) {
      // The last run to fail is the shortest.
      failure = { error, trace: model.trace };
      const { shrinkingMs = SHRINKING_MS[settings.effort] } = options;
      deadlineMs = Math.min(deadlineMs, elapsedMs() + shrinkingMs);
      throw error;
    }
  });
  const found = await fc.check(property, {
    seed,
    numRuns: runs,
    ...(path === undefined ? {} : { path }),
  });
  if (failure !== undefined) throw failureOf(failure, found);
}

function callsOf<Compared extends object, Real>(
  { kinds, mostCalls }: RandomCalls<Compared, Real>,
  tally: Tally,
  replayPath: string | undefined,
): fc.Arbitrary<Calls<Compared, Real>> {
  return fc.commands(
    kinds.flatMap(({ commands }) => commands(tally)),
    { maxCommands: mostCalls, size: "max", ...(replayPath === undefined ? {} : { replayPath }) },
  );
}

/** The first words are what was promised and what happened, as everywhere. */
function failureOf<Compared extends object, Real>(
  { error, trace }: Failure,
  found: fc.RunDetails<[string[], Calls<Compared, Real>]>,
): Error {
  const what =
    error instanceof AssertionError
      ? error.message
      : `Expected: the call succeeds. Actual: it rejected with ${describeError(error)}.`;
  const replayPath = /replayPath="([^"]*)"/u.exec(fc.stringify(found.counterexample?.[1]))?.[1] ?? "";
  const calls = trace.map((line, index) => `  ${index + 1}. ${line}`).join("\n");
  const again = `THREADSTORE_CONFORMANCE_SEED=${found.seed} THREADSTORE_CONFORMANCE_REPLAY=${found.counterexamplePath ?? ""}/${replayPath}`;
  const message = `${what}\nIt happened at the last of these calls:\n${calls}\nThe same again: ${again}`;
  const failure = new AssertionError({ message });
  failure.cause = error;
  return failure;
}

/** Not the store's fault, but nothing would be proved. */
function checkTally(tally: Tally, labels: readonly string[], runs: number): void {
  const least = Math.ceil(runs / 15) - 1;
  const missing = labels
    .filter((label) => (tally.get(label) ?? 0) < least)
    .map((label) => `"${label}" came ${tally.get(label) ?? 0} times`);
  holds(missing.length === 0, "the case tries every kind of call in the time it has", missing.join(", "));
}
