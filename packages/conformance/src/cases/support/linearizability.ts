import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FaultProxy, Trigger } from "../../engines/fault-proxy/index.ts";
import { type Operation, checkHistory, formatHistory } from "../../engines/linearizability/index.ts";
import type { RecordableStore } from "../../engines/linearizability/recorder.ts";
import { EMPTY_TALLY, shortfallOf, addToTally } from "../../engines/linearizability/significance.ts";
import { runRound } from "../../engines/linearizability/workload.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectTrue, fail } from "../../suite/expectations.ts";
import type { Effort } from "../../suite/settings.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";
import { range } from "../../utilities/parallel.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";

const LINEARIZABILITY_MS = 60_000;

/** The share of the case's time after which no new round starts. */
const SHARE = 0.6;
/** A rare bug takes many rounds to appear. Fast stores have time for them; the others stop when their time is up. */
const MAX_ROUNDS = 40;
const ENOUGH_MS = { quick: 250, full: 4_000 } as const;
/** Milliseconds of CPU time for a search. Most searches take a few. */
const DEADLINE_MS = 20_000;

type RoundContext = Pick<CaseContext, "settings" | "timeoutFactor" | "signal">;

interface Rounds {
  /** Loads each thread at the end. @default the first of the stores */
  readonly finalReader?: RecordableStore;
  readonly actionsPerClient: number;
  /** The maximum number of rounds once they are conclusive. */
  readonly maxRounds: number;
  /** How long to run rounds once they are conclusive. */
  readonly enoughMs: Readonly<Record<Effort, number>>;
  /** What else is missing until the rounds are conclusive. */
  readonly missing?: () => string | undefined;
}

const DEFAULT_ROUNDS: Rounds = { actionsPerClient: 25, maxRounds: MAX_ROUNDS, enoughMs: ENOUGH_MS };

/** Runs rounds on separate threads and checks each one, until they are conclusive. */
export async function runRounds(
  stores: readonly RecordableStore[],
  { settings, timeoutFactor, signal }: RoundContext,
  { finalReader, actionsPerClient, maxRounds, enoughMs, missing }: Rounds = DEFAULT_ROUNDS,
): Promise<void> {
  const elapsedMs = startStopwatch();
  const scaledMs = (): number => elapsedMs() / timeoutFactor;
  let tally = EMPTY_TALLY;
  const shortfall = (): string | undefined => shortfallOf(tally, settings.effort) ?? missing?.();
  for (let round = 0; round < maxRounds || shortfall() !== undefined; round += 1) {
    const limit = shortfall() === undefined ? enoughMs[settings.effort] : LINEARIZABILITY_MS * SHARE;
    if (scaledMs() > limit || signal.aborted) break;
    const seed = settings.seed * 1000 + round;
    const options = { seed, name: `round-${round}`, actionsPerClient, signal };
    const history = await runRound(stores, finalReader === undefined ? options : { ...options, finalReader });
    await expectLinearizable(history, settings.historyFolder);
    tally = addToTally(tally, history);
  }
  // Otherwise the case would prove nothing, although the store is not to blame.
  expectTrue(
    shortfall() === undefined,
    "the case sees enough races to be conclusive",
    `within ${Math.round(scaledMs())} ms ${shortfall()}`,
  );
}

async function expectLinearizable(history: readonly Operation[], folder: string): Promise<void> {
  const { verdict, threads } = checkHistory(history, { deadlineMs: DEADLINE_MS });
  if (verdict === "legal") return;
  const failed = threads.find((each) => each.verdict === verdict);
  const file = join(folder, `threadstore-history-${randomBytes(6).toString("hex")}.jsonl`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, formatHistory(history.filter(({ thread }) => thread === failed?.thread)));
  fail("concurrent calls are linearizable", `${failed?.explanation ?? ""}\nHistory: ${file}`);
}

/** How many requests must be reset. */
const MIN_STRIKES = 20;

/** How many percent of the requests meet each fault. */
const LOST_PERCENT = { cutRequest: 4, discardResponse: 4, cutResponse: 2 } as const;

/** Resets connections at random and returns a function that counts how often. */
function resetAtRandom(proxy: FaultProxy, seed: number): () => number {
  const random = seededRandom(seed);
  const chance = (percent: number): Trigger => ({ when: () => random() < percent / 100, times: Infinity });
  const armed = [
    proxy.arm({ type: "cutRequest", afterBytes: 30, ...chance(LOST_PERCENT.cutRequest) }),
    proxy.arm({ type: "discardResponse", ...chance(LOST_PERCENT.discardResponse) }),
    proxy.arm({ type: "cutResponse", afterBytes: 40, ...chance(LOST_PERCENT.cutResponse) }),
  ];
  return () => armed.reduce((sum, { strikes }) => sum + strikes, 0);
}

/** Loses some of the responses. The final loads, which resolve many of them, bypass the proxy. */
export async function linearizableDespiteResets({
  startProxy,
  openThrough,
  open,
  ...context
}: CaseContext): Promise<void> {
  const proxy = await startProxy();
  const [stores, finalReader] = [await Promise.all(range(6).map(() => openThrough(proxy))), await open()];
  await Promise.all(stores.map((store) => store.load("warm")));
  const before = proxy.requests;
  const strikes = resetAtRandom(proxy, context.settings.seed);
  await runRounds(stores, context, {
    finalReader,
    // Few, because a call whose response is lost may take effect at any later time, which slows down the search.
    actionsPerClient: 15,
    maxRounds: Infinity,
    enoughMs: { quick: 800, full: 6_000 },
    missing: () =>
      strikes() >= MIN_STRIKES
        ? undefined
        : `the proxy reset only ${strikes()} of ${proxy.requests - before} requests`,
  });
}
