import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectTrue } from "../../suite/expectations.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";

/** How many kills a case makes. */
export interface Amount {
  readonly min: number;
  /** After `min` kills, the case continues up to this many until `enoughMs` have passed. */
  readonly max: number;
  readonly enoughMs: number;
}

export type Amounts = Readonly<Record<CaseContext["settings"]["effort"], Amount>>;

export type CrashContext = Pick<CaseContext, "settings" | "signal" | "timeoutFactor" | "close">;

/** The share of kills that must hit a save or delete before it is acknowledged. */
const MIN_SHARE_OF_HITS = 1 / 3;

/** How much of the case's time kills may take. */
const MAX_DURATION_MS = 400_000;

/** Counts the kills of a case and decides when they suffice for a conclusive result. */
export class KillCount {
  readonly #amount: Amount;
  readonly #context: CrashContext;
  readonly #elapsedMs: () => number = startStopwatch();
  #kills = 0;
  #hits = 0;

  constructor(context: CrashContext, amounts: Amounts) {
    this.#context = context;
    this.#amount = amounts[context.settings.effort];
  }

  get kills(): number {
    return this.#kills;
  }

  /** `isHit` says whether the kill hit a call in progress. */
  add(isHit: boolean): void {
    this.#kills += 1;
    if (isHit) this.#hits += 1;
  }

  needsMore(): boolean {
    const isLate = this.#elapsedMs() > MAX_DURATION_MS * this.#context.timeoutFactor;
    return !this.#isEnough() && !isLate && !this.#context.signal.aborted;
  }

  /** Whether the next kill will probably be the last. */
  isNextLast(): boolean {
    const { min, max, enoughMs } = this.#amount;
    const kills = this.#kills + 1;
    return kills >= max || (kills >= min && this.#elapsedMs() > enoughMs);
  }

  /** Fails if there were too few hits. That is not the store's fault, but the case would prove nothing. */
  assertConclusive(): void {
    expectTrue(
      this.#isEnough(),
      "enough interruptions hit a save or delete in progress for a conclusive result",
      `${this.#hits} of ${this.#kills} did, within ${Math.round(this.#elapsedMs())} ms`,
    );
  }

  #isEnough(): boolean {
    const { min, max, enoughMs } = this.#amount;
    const hasEnoughKills = this.#kills >= max || (this.#kills >= min && this.#elapsedMs() > enoughMs);
    return hasEnoughKills && this.#hits >= Math.ceil(this.#kills * MIN_SHARE_OF_HITS);
  }
}
