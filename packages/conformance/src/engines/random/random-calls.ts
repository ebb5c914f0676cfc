import { AssertionError } from "node:assert";
import fc from "fast-check";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { describeError, failureMessage, expectTrue } from "../../suite/expectations.ts";
import { startTimeLimit } from "../../utilities/effective-time.ts";
import { range } from "../../utilities/parallel.ts";
import { ids } from "./arbitraries.ts";
import type { CallKind, Tally, TracedModel } from "./command.ts";

/** With fewer runs, some kinds of calls would be missing. */
const MIN_RUNS = 8;
/** The share of the case's time for runs. The remainder is for clean-up. */
const SHARE_OF_TIME = 0.7;
/** How long a failing list of calls may be shrunk, if each run takes long. */
const SHRINKING_MS = { quick: 2_000, full: 6_000 } as const;

export type RunContext = Pick<CaseContext, "settings" | "timeoutFactor" | "signal">;

/** One list of calls on separate ids, with the model to compare with and the clients that make the calls. */
export interface Run<Compared, Real> {
  readonly model: Compared;
  readonly clients: Real;
  /** Called after the last call. */
  readonly end: () => Promise<void>;
}

/** Starts a run. */
export type StartRun<Compared, Real> = (ids: readonly string[], tally: Tally) => Run<Compared, Real>;

export interface RandomCalls<Compared extends object, Real> {
  readonly kinds: readonly CallKind<Compared, Real>[];
  /** Additional labels that a conclusive tally must have. */
  readonly moreLabels?: readonly string[];
  /** How many lanes make their runs concurrently. @default 1 */
  readonly lanes?: number;
  /** Opens the stores of a lane, which makes its runs one after another. */
  readonly openLane: () => Promise<StartRun<Compared, Real>>;
  /** The number of runs unless the settings specify it. */
  readonly defaultRuns: number;
  /** The maximum number of calls in a run. */
  readonly maxCalls: number;
  /** The limit of the case, in milliseconds, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
  /** How long a failing list of calls may be shrunk, in milliseconds. @default a few seconds */
  readonly shrinkingMs?: number;
}

type Calls<Compared extends object, Real> = Iterable<fc.AsyncCommand<Compared, Real>>;

/** The error of a run and the calls that led to it. */
interface Failure {
  readonly error: unknown;
  readonly trace: readonly string[];
}

/** The distance between the seeds of two lanes, large enough to keep them apart from those of similar seeds. */
const LANE_SEED_DISTANCE = 1_000_003;

/** Makes random lists of calls. If one of them fails, reports the shortest list that fails as well. */
export async function randomCalls<Compared extends TracedModel, Real extends object>(
  context: RunContext,
  options: RandomCalls<Compared, Real>,
): Promise<void> {
  const { settings, timeoutFactor } = context;
  // Only quick effort, which does a fraction of everything, does less with a slow store.
  const slowness = settings.effort === "quick" ? Math.max(1, timeoutFactor) : 1;
  const defaultRuns = Math.max(MIN_RUNS, Math.ceil(options.defaultRuns / slowness));
  const runs = settings.randomRuns ?? defaultRuns;
  const tally: Tally = new Map();
  // A replay has only one list of calls, and its seed is that of its lane.
  const lanes = settings.replay === undefined ? (options.lanes ?? 1) : 1;
  const failed = new AbortController();
  const outcomes = await Promise.allSettled(
    range(lanes).map(async (lane) => {
      try {
        const seed = settings.seed + lane * LANE_SEED_DISTANCE;
        await runLane(context, options, {
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
  /** Aborted when another lane has failed. */
  readonly failed: AbortSignal;
}

async function runLane<Compared extends TracedModel, Real extends object>(
  { settings, timeoutFactor, signal }: RunContext,
  options: RandomCalls<Compared, Real>,
  { seed, runs, tally, failed }: Lane,
): Promise<void> {
  const { path, replayPath } = settings.replay ?? {};
  const startRun = await options.openLane();
  let failure: Failure | undefined;
  const limits = [startTimeLimit(options.timeoutMs * timeoutFactor * SHARE_OF_TIME)];
  const isTimeUp = (): boolean =>
    limits.some((hasExpired) => hasExpired()) || (failure === undefined && failed.aborted);
  const commands = callsOf(options, tally, { replayPath, isTimeUp });
  const property = fc.asyncProperty(ids, commands, async (runIds, calls) => {
    // Lists that are not tried or not completed count as passed.
    if (isTimeUp()) return;
    const { model, clients, end } = startRun(runIds, tally);
    try {
      signal.throwIfAborted();
      await fc.asyncModelRun(() => ({ model, real: clients }), calls);
      await end();
    } catch (error) {
      // fast-check shrinks, so the last failing run is the shortest.
      if (failure === undefined)
        limits.push(startTimeLimit(options.shrinkingMs ?? SHRINKING_MS[settings.effort]));
      failure = { error, trace: model.trace };
      throw error;
    }
  });
  const details = await fc.check(property, {
    seed,
    numRuns: runs,
    ...(path === undefined ? {} : { path }),
  });
  if (failure !== undefined) throw failureOf(failure, details);
}

function callsOf<Compared extends object, Real>(
  { kinds, maxCalls }: RandomCalls<Compared, Real>,
  tally: Tally,
  { replayPath, isTimeUp }: { readonly replayPath: string | undefined; readonly isTimeUp: () => boolean },
): fc.Arbitrary<Calls<Compared, Real>> {
  return fc.commands(
    kinds.flatMap(({ commands }) => commands(tally, isTimeUp)),
    { maxCommands: maxCalls, size: "max", ...(replayPath === undefined ? {} : { replayPath }) },
  );
}

/** Creates an error whose message starts like that of any other case. */
function failureOf<Compared extends object, Real>(
  { error, trace }: Failure,
  details: fc.RunDetails<[string[], Calls<Compared, Real>]>,
): Error {
  const problem =
    error instanceof AssertionError
      ? error.message
      : failureMessage("the call succeeds", `it rejected with ${describeError(error)}`);
  const replayPath = /replayPath="([^"]*)"/u.exec(fc.stringify(details.counterexample?.[1]))?.[1] ?? "";
  const calls = trace.map((line, index) => `  ${index + 1}. ${line}`).join("\n");
  const variables =
    `THREADSTORE_CONFORMANCE_SEED=${details.seed} ` +
    `THREADSTORE_CONFORMANCE_REPLAY=${details.counterexamplePath ?? ""}/${replayPath}`;
  const message = `${problem}\nIt happened at the last of these calls:\n${calls}\nTo repeat it, set ${variables}`;
  const failure = new AssertionError({ message });
  failure.cause = error;
  return failure;
}

/** Fails if some calls were too rare. That is not the store's fault, but the case would prove nothing. */
function checkTally(tally: Tally, labels: readonly string[], runs: number): void {
  const minimum = Math.ceil(runs / 15) - 1;
  const missing = labels
    .filter((label) => (tally.get(label) ?? 0) < minimum)
    .map((label) => `"${label}" occurred ${tally.get(label) ?? 0} times`);
  expectTrue(missing.length === 0, "the case makes every kind of call within its time", missing.join(", "));
}
