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
const MOST_ROUNDS = 20;
const ENOUGH_MS = { quick: 800, full: 4_000 } as const;
/** Milliseconds of CPU time for a search. Most searches take a few. */
const DEADLINE_MS = 20_000;

type Surroundings = Pick<CaseContext, "settings" | "timeoutFactor" | "signal">;

interface Rounds {
  /** Loads each thread at the end. @default the first of the stores */
  readonly last?: RecordableStore;
  readonly actionsPerClient: number;
  /** The maximum number of rounds, and how long to continue once the rounds are conclusive. */
  readonly most: number;
  readonly enoughMs: Readonly<Record<Effort, number>>;
}

const usualRounds: Rounds = { actionsPerClient: 50, most: MOST_ROUNDS, enoughMs: ENOUGH_MS };

/** Runs rounds on separate threads and checks each one, until they are conclusive. */
export async function linearizable(
  stores: readonly RecordableStore[],
  { settings, timeoutFactor, signal }: Surroundings,
  { last, actionsPerClient, most, enoughMs }: Rounds = usualRounds,
): Promise<void> {
  const elapsedMs = startStopwatch();
  const spent = (): number => elapsedMs() / timeoutFactor;
  let tally = EMPTY_TALLY;
  const lack = (): string | undefined => shortfallOf(tally, settings.effort);
  for (let round = 0; round < most || lack() !== undefined; round += 1) {
    const limit = lack() === undefined ? enoughMs[settings.effort] : LINEARIZABILITY_MS * SHARE;
    if (spent() > limit || signal.aborted) break;
    const seed = settings.seed * 1000 + round;
    const options = { seed, name: `round-${round}`, actionsPerClient, signal };
    const history = await runRound(stores, last === undefined ? options : { ...options, last });
    await judge(history, settings.historyFolder);
    tally = addToTally(tally, history);
  }
  // Not the store's fault, but the case would prove nothing.
  expectTrue(
    lack() === undefined,
    "the case sees enough races to be conclusive",
    `within ${Math.round(spent())} ms ${lack()}`,
  );
}

async function judge(history: readonly Operation[], folder: string): Promise<void> {
  const { verdict, threads } = checkHistory(history, { deadlineMs: DEADLINE_MS });
  if (verdict === "legal") return;
  const found = threads.find((each) => each.verdict === verdict);
  const file = join(folder, `threadstore-history-${randomBytes(6).toString("hex")}.jsonl`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, formatHistory(history.filter(({ thread }) => thread === found?.thread)));
  fail(
    "concurrent saves, loads and deletes are linearizable",
    `${found?.explanation ?? ""}\nHistory: ${file}`,
  );
}

/** The percentages of requests that are lost, of responses that are lost, and of responses that are cut. */
const LOST_PERCENT = { cutRequest: 4, discardAnswer: 4, cutAnswer: 2 } as const;

/** Resets connections at random and returns a function that counts how often. */
function resetNowAndThen(proxy: FaultProxy, seed: number): () => number {
  const random = seededRandom(seed);
  const chance = (percent: number): Trigger => ({ when: () => random() < percent / 100, times: Infinity });
  const armed = [
    proxy.arm({ type: "cutRequest", afterBytes: 30, ...chance(LOST_PERCENT.cutRequest) }),
    proxy.arm({ type: "discardResponse", ...chance(LOST_PERCENT.discardAnswer) }),
    proxy.arm({ type: "cutResponse", afterBytes: 40, ...chance(LOST_PERCENT.cutAnswer) }),
  ];
  return () => armed.reduce((sum, { strikes }) => sum + strikes, 0);
}

/** Loses some of the responses. The final loads, which resolve many of them, bypass the proxy. */
export async function linearizableDespiteResets({
  startProxy,
  openThrough,
  open,
  ...surroundings
}: CaseContext): Promise<void> {
  const proxy = await startProxy();
  const [stores, last] = [await Promise.all(range(6).map(() => openThrough(proxy))), await open()];
  await Promise.all(stores.map((store) => store.load("warm")));
  const before = proxy.requests;
  const strikes = resetNowAndThen(proxy, surroundings.settings.seed);
  await linearizable(stores, surroundings, {
    last,
    // Few, because each lost response is another call that may have taken effect at any time.
    actionsPerClient: 15,
    most: Infinity,
    enoughMs: { quick: 2_000, full: 6_000 },
  });
  const requests = proxy.requests - before;
  // Not the store's fault, but the case would prove nothing.
  const happened = `it reset ${strikes()} of ${requests}`;
  expectTrue(strikes() >= 20, "the proxy resets the connections of many requests", happened);
}
