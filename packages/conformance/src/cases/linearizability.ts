import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CaseContext, type ConformanceCase, section } from "../conformance-case.ts";
import { broken, holds } from "../expectations.ts";
import { checkHistory, formatHistory, type Operation } from "../linearizability/index.ts";
import type { Recorded } from "../linearizability/recorder.ts";
import { add, emptyTally, lackIn } from "../linearizability/vacuity.ts";
import { playRound } from "../linearizability/workload.ts";
import { range } from "../parallel.ts";

const timeoutMs = 60_000;

/** Past this share of the case's time no further round begins. */
const SHARE = 0.6;
/** A bug that shows rarely takes many rounds, which fast stores have time for; others end when it is over. */
const MOST_ROUNDS = 20;
const ENOUGH_MS = { quick: 800, full: 2_500 } as const;

type Surroundings = Pick<CaseContext, "settings" | "timeoutFactor" | "signal">;

/** Rounds on threads of their own, each with its check, until they prove something. */
async function linearizable(stores: readonly Recorded[], surroundings: Surroundings): Promise<void> {
  const { settings, timeoutFactor, signal } = surroundings;
  const started = performance.now();
  const spent = (): number => (performance.now() - started) / timeoutFactor;
  let tally = emptyTally;
  const lack = (): string | undefined => lackIn(tally, settings.effort);
  for (let round = 0; round < MOST_ROUNDS || lack() !== undefined; round += 1) {
    const limit = lack() === undefined ? ENOUGH_MS[settings.effort] : timeoutMs * SHARE;
    if (spent() > limit || signal.aborted) break;
    const seed = settings.seed * 1000 + round;
    const history = await playRound(stores, { seed, name: `round-${round}`, actionsPerClient: 50, signal });
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
  const { verdict, threads } = checkHistory(history);
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

export const linearizability: ConformanceCase[] = section("Linearizability", "concurrent", [
  {
    id: "K12",
    title: "what 6 clients see of 3 threads can be put in one order, in which each call is one step",
    clauses: ["C5", "C4", "E4"],
    timeoutMs,
    async run({ open, ...surroundings }) {
      await linearizable(await Promise.all(range(6).map(() => open())), surroundings);
    },
  },
  {
    id: "K13",
    title: "what clients in 4 processes see of 3 threads can be put in one order too",
    clauses: ["C5", "C4", "E4"],
    powers: ["peer"],
    timeoutMs,
    async run({ openPeer, ...surroundings }) {
      await linearizable(await Promise.all(range(4).map(() => openPeer())), surroundings);
    },
  },
]);
