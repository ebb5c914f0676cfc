import type { CaseContext } from "../../suite/conformance-case.ts";
import { holds } from "../../suite/expectations.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";

/** How many kills make a case. */
export interface Amount {
  readonly least: number;
  /** With the least done, it goes on to the most until this much time is spent. */
  readonly most: number;
  readonly enoughMs: number;
}

export type Amounts = Readonly<Record<CaseContext["settings"]["effort"], Amount>>;

export type CrashContext = Pick<CaseContext, "settings" | "signal" | "timeoutFactor" | "close">;

/** Of all kills, as many as this have to meet a save or delete that is not acknowledged. */
const SHARE_INSIDE = 1 / 3;

/** How much of the case's time may be spent on kills. */
const LONGEST_MS = 400_000;

/** Counts the kills of a case, and says when they prove something. */
export class KillCount {
  readonly #amount: Amount;
  readonly #context: CrashContext;
  readonly #spentMs: () => number = startStopwatch();
  #kills = 0;
  #inside = 0;

  constructor(context: CrashContext, amounts: Amounts) {
    this.#context = context;
    this.#amount = amounts[context.settings.effort];
  }

  get kills(): number {
    return this.#kills;
  }

  add(isInside: boolean): void {
    this.#kills += 1;
    if (isInside) this.#inside += 1;
  }

  goesOn(): boolean {
    const isLate = this.#spentMs() > LONGEST_MS * this.#context.timeoutFactor;
    return !this.#isEnough() && !isLate && !this.#context.signal.aborted;
  }

  /** Whether, as far as can be told, one kill more is enough. */
  endsWithNext(): boolean {
    const { least, most, enoughMs } = this.#amount;
    const kills = this.#kills + 1;
    return kills >= most || (kills >= least && this.#spentMs() > enoughMs);
  }

  /** Too few are not the store's fault, and nothing would be proved. */
  provesSomething(): void {
    holds(
      this.#isEnough(),
      "processes are ended often enough inside a save or delete to judge by",
      `of ${this.#kills} ends ${this.#inside} met one, within ${Math.round(this.#spentMs())} ms`,
    );
  }

  #isEnough(): boolean {
    const { least, most, enoughMs } = this.#amount;
    const isMuch = this.#kills >= most || (this.#kills >= least && this.#spentMs() > enoughMs);
    return isMuch && this.#inside >= Math.ceil(this.#kills * SHARE_INSIDE);
  }
}
