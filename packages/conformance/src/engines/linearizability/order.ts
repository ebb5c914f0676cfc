import { type State, stateAfter, type Step } from "./step.ts";

/** Where the list begins and ends; in the arrays, at index 0. */
const NONE = -1;

/**
 * Which steps may come next: those that were called before any of the steps left was answered. Candidates are
 * numbers of steps. First come the certain ones by their calls, then those that may have had no effect: most had
 * none, or are seen soon after.
 */
export class Order {
  readonly #steps: readonly Step[];
  /** Calls and answers of certain steps by time, linked: 2n is the call of step n, 2n + 1 its answer. */
  readonly #next: Int32Array;
  readonly #before: Int32Array;
  readonly #optional: readonly number[];
  readonly #placed: Uint16Array;
  #left: number;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#next = new Int32Array(2 * steps.length + 1).fill(NONE);
    this.#before = new Int32Array(2 * steps.length + 1).fill(NONE);
    const numbers = [...steps.keys()];
    this.#optional = numbers.filter((number) => this.#step(number).optional);
    const certain = numbers.filter((number) => !this.#step(number).optional);
    this.#left = certain.length;
    this.#placed = new Uint16Array(Math.ceil(steps.length / 16));
    const events = certain.flatMap((number) => [2 * number, 2 * number + 1]);
    // Of equal times calls come first, since then either may have been before the other.
    events.sort((a, b) => this.#time(a) - this.#time(b) || (a % 2) - (b % 2));
    let last = NONE;
    for (const event of events) {
      this.#link(last, event);
      last = event;
    }
    this.#link(last, NONE);
  }

  isComplete(): boolean {
    return this.#left === 0;
  }

  first(): number | undefined {
    return this.#certainFrom(this.#following(NONE));
  }

  after(candidate: number): number | undefined {
    return this.#step(candidate).optional
      ? this.#optionalFrom(this.#optional.indexOf(candidate) + 1)
      : this.#certainFrom(this.#following(2 * candidate));
  }

  /** A step that may have had no effect is placed only to have one. */
  stateAfter(candidate: number, state: State): State | undefined {
    const step = this.#step(candidate);
    const after = stateAfter(step, state);
    return step.optional && after === state ? undefined : after;
  }

  place(candidate: number): void {
    this.#flip(candidate);
    if (this.#step(candidate).optional) return;
    this.#left -= 1;
    for (const event of [2 * candidate, 2 * candidate + 1])
      this.#link(this.#preceding(event), this.#following(event));
  }

  /** Undoes the last {@link place}: the links of what it took out are as they were. */
  takeBack(candidate: number): void {
    this.#flip(candidate);
    if (this.#step(candidate).optional) return;
    this.#left += 1;
    for (const event of [2 * candidate + 1, 2 * candidate]) {
      this.#next[this.#preceding(event) + 1] = event;
      this.#before[this.#following(event) + 1] = event;
    }
  }

  /** What would be placed, and the state that this would lead to. */
  keyWith(candidate: number, state: State): string {
    this.#flip(candidate);
    const key = String.fromCharCode(...this.#placed) + state;
    this.#flip(candidate);
    return key;
  }

  #certainFrom(event: number): number | undefined {
    // The first answer ends the certain candidates.
    return event === NONE || event % 2 === 1 ? this.#optionalFrom(0) : event / 2;
  }

  #optionalFrom(index: number): number | undefined {
    if (this.isComplete()) return undefined;
    let event = this.#following(NONE);
    while (event % 2 === 0) event = this.#following(event);
    const answer = this.#time(event);
    return this.#optional.find(
      (number, at) => at >= index && this.#step(number).start <= answer && !this.#isPlaced(number),
    );
  }

  #step(number: number): Step {
    const step = this.#steps[number];
    if (step === undefined) throw new RangeError(`There is no step ${number}.`);
    return step;
  }

  #time(event: number): number {
    const { start, end } = this.#step(Math.floor(event / 2));
    return event % 2 === 0 ? start : end;
  }

  #following(event: number): number {
    return this.#next[event + 1] ?? NONE;
  }

  #preceding(event: number): number {
    return this.#before[event + 1] ?? NONE;
  }

  #link(before: number, following: number): void {
    this.#next[before + 1] = following;
    this.#before[following + 1] = before;
  }

  #isPlaced(number: number): boolean {
    return (((this.#placed[number >> 4] ?? 0) >> (number & 15)) & 1) === 1;
  }

  #flip(number: number): void {
    this.#placed[number >> 4] = (this.#placed[number >> 4] ?? 0) ^ (1 << (number & 15));
  }
}
