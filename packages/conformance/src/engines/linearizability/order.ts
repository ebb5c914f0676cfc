import { type Snapshot, snapshotAfter, type Step } from "./step.ts";

/** Marks both ends of the list. Its index in the arrays is 0. */
const NONE = -1;

/**
 * An order of steps under construction. The candidates for the next step are those called before any remaining step got
 * its response. They are identified by their index in `steps`. Certain steps come first, in the order of their calls,
 * then those that may have had no effect: most of them had none, or are observed soon afterwards.
 */
export class Order {
  readonly #steps: readonly Step[];
  /** A linked list of events by time. Event 2n is the call of the certain step n, and 2n + 1 is its response. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #optional: readonly number[];
  readonly #placed: Uint16Array;
  #remaining: number;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#next = new Int32Array(2 * steps.length + 1).fill(NONE);
    this.#previous = new Int32Array(2 * steps.length + 1).fill(NONE);
    const numbers = [...steps.keys()];
    this.#optional = numbers.filter((number) => this.#step(number).optional);
    const certain = numbers.filter((number) => !this.#step(number).optional);
    this.#remaining = certain.length;
    this.#placed = new Uint16Array(Math.ceil(steps.length / 16));
    const events = certain.flatMap((number) => [2 * number, 2 * number + 1]);
    // At equal times, calls come first, since either step may then have taken effect first.
    events.sort((a, b) => this.#time(a) - this.#time(b) || (a % 2) - (b % 2));
    let last = NONE;
    for (const event of events) {
      this.#link(last, event);
      last = event;
    }
    this.#link(last, NONE);
  }

  isComplete(): boolean {
    return this.#remaining === 0;
  }

  first(): number | undefined {
    return this.#certainFrom(this.#following(NONE));
  }

  after(candidate: number): number | undefined {
    return this.#step(candidate).optional
      ? this.#optionalFrom(this.#optional.indexOf(candidate) + 1)
      : this.#certainFrom(this.#following(2 * candidate));
  }

  /** Returns `undefined` for an optional step that would change nothing: such a step need not be placed. */
  snapshotAfter(candidate: number, before: Snapshot): Snapshot | undefined {
    const step = this.#step(candidate);
    const after = snapshotAfter(step, before);
    return step.optional && after?.state === before.state ? undefined : after;
  }

  append(candidate: number): void {
    this.#flip(candidate);
    if (this.#step(candidate).optional) return;
    this.#remaining -= 1;
    for (const event of [2 * candidate, 2 * candidate + 1])
      this.#link(this.#preceding(event), this.#following(event));
  }

  /** Undoes the last {@link append}. The links of the removed events are still valid. */
  undo(candidate: number): void {
    this.#flip(candidate);
    if (this.#step(candidate).optional) return;
    this.#remaining += 1;
    for (const event of [2 * candidate + 1, 2 * candidate]) {
      this.#next[this.#preceding(event) + 1] = event;
      this.#previous[this.#following(event) + 1] = event;
    }
  }

  /** Returns a key of the placed steps including the candidate, and the resulting thread. */
  keyWith(candidate: number, { state, content }: Snapshot): string {
    this.#flip(candidate);
    const key = `${String.fromCharCode(...this.#placed)}${state}\u0000${content}`;
    this.#flip(candidate);
    return key;
  }

  #certainFrom(event: number): number | undefined {
    // Certain steps called after the first response are not candidates.
    return event === NONE || event % 2 === 1 ? this.#optionalFrom(0) : event / 2;
  }

  #optionalFrom(index: number): number | undefined {
    if (this.isComplete()) return undefined;
    let event = this.#following(NONE);
    while (event % 2 === 0) event = this.#following(event);
    const firstResponse = this.#time(event);
    return this.#optional.find(
      (number, position) =>
        position >= index && this.#step(number).start <= firstResponse && !this.#isPlaced(number),
    );
  }

  #step(number: number): Step {
    const step = this.#steps[number];
    if (step === undefined) throw new RangeError(`Unknown step ${number}.`);
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
    return this.#previous[event + 1] ?? NONE;
  }

  #link(preceding: number, following: number): void {
    this.#next[preceding + 1] = following;
    this.#previous[following + 1] = preceding;
  }

  #isPlaced(number: number): boolean {
    return (((this.#placed[number >> 4] ?? 0) >> (number & 15)) & 1) === 1;
  }

  #flip(number: number): void {
    this.#placed[number >> 4] = (this.#placed[number >> 4] ?? 0) ^ (1 << (number & 15));
  }
}
