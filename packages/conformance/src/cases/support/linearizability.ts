import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FaultProxy, Trigger } from "../../engines/fault-proxy/index.ts";
import { type Operation, checkHistory, formatHistory } from "../../engines/linearizability/index.ts";
import type { Recorded } from "../../engines/linearizability/recorder.ts";
import { emptyTally, lackIn, add } from "../../engines/linearizability/significance.ts";
import { playRound } from "../../engines/linearizability/workload.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { holds, broken } from "../../suite/expectations.ts";
import type { Effort } from "../../suite/settings.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";
import { range } from "../../utilities/parallel.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";

const LINEARIZABILITY_MS = 60_000;

/** Past this share of the case's time no further round begins. */
const SHARE = 0.6;
/** A bug that shows rarely takes many rounds, which fast stores have time for; others end when it is over. */
const MOST_ROUNDS = 20;
const ENOUGH_MS = { quick: 800, full: 4_000 } as const;
/** Milliseconds for a search, which has the processor seldom on a busy machine. Most take a few. */
const DEADLINE_MS = 20_000;

type Surroundings = Pick<CaseContext, "settings" | "timeoutFactor" | "signal">;

interface Rounds {
  /** Who loads each thread in the end. @default the first of the stores */
  readonly last?: Recorded;
  readonly actionsPerClient: number;
  /** How many there are at most, and how long they go on, once they prove something. */
  readonly most: number;
  readonly enoughMs: Readonly<Record<Effort, number>>;
}

const usualRounds: Rounds = { actionsPerClient: 50, most: MOST_ROUNDS, enoughMs: ENOUGH_MS };

/** Rounds on threads of their own, each with its check, until they prove something. */
export async function linearizable(
  stores: readonly Recorded[],
  { settings, timeoutFactor, signal }: Surroundings,
  { last, actionsPerClient, most, enoughMs }: Rounds = usualRounds,
): Promise<void> {
  const elapsedMs = startStopwatch();
  const spent = (): number => elapsedMs() / timeoutFactor;
  let tally = emptyTally;
  const lack = (): string | undefined => lackIn(tally, settings.effort);
  for (let round = 0; round < most || lack() !== undefined; round += 1) {
    const limit = lack() === undefined ? enoughMs[settings.effort] : LINEARIZABILITY_MS * SHARE;
    if (spent() > limit || signal.aborted) break;
    const seed = settings.seed * 1000 + round;
    const options = { seed, name: `round-${round}`, actionsPerClient, signal };
    const history = await playRound(stores, last === undefined ? options : { ...options, last });
    await judge(history, settings.historyFolder);
    tally = add(tally, history);
  }
  // Not the store's fault, but nothing would be proved.
  holds(
    lack() === undefined,
    "the case sees enough races to judge by",
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
  broken(
    "concurrent saves, loads and deletes are linearizable",
    `${found?.explanation ?? ""}\nHistory: ${file}`,
  );
}

/** Of 100 requests so many are lost on their way, so many after they were done, and of so many answers a part comes. */
const LOST_PERCENT = { cutRequest: 4, discardAnswer: 4, cutAnswer: 2 } as const;

/** Resets connections by chance, now and then; tells how often. */
function resetNowAndThen(proxy: FaultProxy, seed: number): () => number {
  const random = seededRandom(seed);
  const chance = (percent: number): Trigger => ({ when: () => random() < percent / 100, times: Infinity });
  const armed = [
    proxy.arm({ type: "cutRequest", afterBytes: 30, ...chance(LOST_PERCENT.cutRequest) }),
    proxy.arm({ type: "discardAnswer", ...chance(LOST_PERCENT.discardAnswer) }),
    proxy.arm({ type: "cutAnswer", afterBytes: 40, ...chance(LOST_PERCENT.cutAnswer) }),
  ];
  return () => armed.reduce((sum, { strikes }) => sum + strikes, 0);
}

/** With the answers that are lost on the way; the last loads, which decide about many of them, go another way. */
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
    // Few, since each answer that is lost is one more that may have been anywhere.
    actionsPerClient: 15,
    most: Infinity,
    enoughMs: { quick: 2_000, full: 6_000 },
  });
  const requests = proxy.requests - before;
  // Not the store's fault, but nothing would be proved.
  const happened = `${strikes()} of ${requests} were`;
  holds(strikes() >= 20, "the proxy resets the connections of many requests", happened);
}
