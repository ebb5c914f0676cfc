import { AssertionError } from "node:assert";
import fc from "fast-check";
import type { CaseContext } from "../conformance-case.ts";
import { describeError, holds } from "../expectations.ts";
import { ids } from "./arbitraries.ts";
import type { CallKind, Clients, Tally } from "./command.ts";
import { checkListing, reopening, spaceCalls } from "./listing-calls.ts";
import { Model } from "./model.ts";
import { threadCalls } from "./thread-calls.ts";
import { openWorld } from "./world.ts";

const MOST_CALLS = 40;
const USUAL_RUNS = 30;
/** Fewer would leave some kind of call unmade. */
const FEWEST_RUNS = 8;
/** Of the case's time: the rest is for making a failure shorter and clearing up. */
const SHARE_OF_TIME = 0.7;

export interface SequentialOptions {
  readonly clients: number;
  /** Whether clients close and open anew on the way. */
  readonly reopens: boolean;
  /** What the case may take, in milliseconds, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
}

type Surroundings = Pick<CaseContext, "open" | "close" | "settings" | "timeoutFactor" | "signal">;

type Calls = Iterable<fc.AsyncCommand<Model, Clients>>;

/** What a run found wrong, and the calls that led to it. */
interface Failure {
  readonly error: unknown;
  readonly trace: readonly string[];
}

/** Random calls, one after the other, each compared with a model of the contract. */
export async function sequentialProperty(context: Surroundings, options: SequentialOptions): Promise<void> {
  const { settings, timeoutFactor, signal } = context;
  const usual = Math.max(FEWEST_RUNS, Math.ceil(USUAL_RUNS / Math.max(1, timeoutFactor)));
  const runs = settings.randomRuns ?? usual;
  const { path, replayPath } = settings.replay ?? {};
  const kinds = [...threadCalls, ...spaceCalls, ...(options.reopens ? reopening : [])];
  const tally: Tally = new Map();
  const world = await openWorld(context, options.clients);
  let failure: Failure | undefined;
  const property = fc.asyncProperty(ids, callsOf(kinds, tally, replayPath), async (pool, calls) => {
    const model = new Model(pool, world.clock);
    try {
      await runOnce(model, world.nextRun(), calls, signal);
    } catch (error) {
      // The last run to fail is the shortest.
      failure = { error, trace: model.trace };
      throw error;
    }
  });
  const found = await fc.check(property, {
    seed: settings.seed,
    numRuns: runs,
    interruptAfterTimeLimit: options.timeoutMs * timeoutFactor * SHARE_OF_TIME,
    ...(path === undefined ? {} : { path }),
  });
  if (failure !== undefined) throw failureOf(failure, found);
  if (path === undefined) checkTally(tally, kinds, runs);
}

function callsOf(
  kinds: readonly CallKind[],
  tally: Tally,
  replayPath: string | undefined,
): fc.Arbitrary<Calls> {
  return fc.commands(
    kinds.flatMap(({ commands }) => commands(tally)),
    { maxCommands: MOST_CALLS, size: "max", ...(replayPath === undefined ? {} : { replayPath }) },
  );
}

async function runOnce(model: Model, clients: Clients, calls: Calls, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await fc.asyncModelRun(() => ({ model, real: clients }), calls);
  model.trace.push("at the end: list of both namespaces");
  for (const space of [0, 1] as const) await checkListing(model, clients, { client: 1, space, limit: 2 });
}

/** The first words are what was promised and what happened, as everywhere. */
function failureOf({ error, trace }: Failure, found: fc.RunDetails<[string[], Calls]>): Error {
  const what =
    error instanceof AssertionError
      ? error.message
      : `Promised: the call succeeds. Happened: it rejected with ${describeError(error)}.`;
  const replayPath = /replayPath="([^"]*)"/u.exec(fc.stringify(found.counterexample?.[1]))?.[1] ?? "";
  const calls = trace.map((line, index) => `  ${index + 1}. ${line}`).join("\n");
  const again = `THREADSTORE_CONFORMANCE_SEED=${found.seed} THREADSTORE_CONFORMANCE_REPLAY=${found.counterexamplePath ?? ""}/${replayPath}`;
  const message = `${what}\nIt happened at the last of these calls:\n${calls}\nThe same again: ${again}`;
  const failure = new AssertionError({ message });
  failure.cause = error;
  return failure;
}

/** Not the store's fault, but nothing would be proved. */
function checkTally(tally: Tally, kinds: readonly CallKind[], runs: number): void {
  const least = Math.floor(runs / 10);
  const missing = kinds
    .flatMap(({ labels }) => labels)
    .filter((label) => (tally.get(label) ?? 0) < least)
    .map((label) => `"${label}" came ${tally.get(label) ?? 0} times`);
  holds(missing.length === 0, "the case tries every kind of call in the time it has", missing.join(", "));
}
