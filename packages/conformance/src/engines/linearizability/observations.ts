import { absent, type State, type Step } from "./step.ts";

/** That a state was at some moment between `start` and `end`. */
export interface Sighting {
  readonly state: State;
  readonly start: number;
  readonly end: number;
  readonly step: Step;
}

/** What the answered steps of one thread saw, by state and by time. */
export class Sightings {
  readonly all: readonly Sighting[];
  /** Who wrote each state, whether answered or not. */
  readonly writers: ReadonlyMap<State, Step>;
  readonly #knownFrom = new Map<State, number>();
  readonly #consumers: ReadonlyMap<State, readonly Step[]>;
  readonly #starts: readonly number[];
  /** Of the sightings from each index on, by start: those that end first, of two states. */
  readonly #earliest: readonly (readonly Sighting[])[];

  constructor(steps: readonly Step[]) {
    const certain = steps.filter(({ optional }) => !optional);
    this.all = certain.flatMap(seenBy).toSorted((a, b) => a.start - b.start);
    this.writers = new Map(
      steps.flatMap((step) =>
        step.makes === undefined || step.makes === absent ? [] : [[step.makes, step]],
      ),
    );
    for (const { state, end } of this.all)
      this.#knownFrom.set(state, Math.min(end, this.#knownFrom.get(state) ?? Infinity));
    this.#consumers = Map.groupBy(
      certain.filter(({ needs, makes }) => needs !== undefined && makes !== undefined),
      ({ needs = absent }) => needs,
    );
    this.#starts = this.all.map(({ start }) => start);
    this.#earliest = earliestOfTwoStates(this.all);
  }

  /** From when on it is certain that the state was written; `Infinity`: never. */
  knownFrom(state: State): number {
    return this.#knownFrom.get(state) ?? Infinity;
  }

  /** The answered steps that put something else in the place of the state. */
  consumersOf(state: State): readonly Step[] {
    return this.#consumers.get(state) ?? [];
  }

  /** The sighting of another state that began after the moment and ended first. */
  firstOfAnotherAfter(moment: number, state: State): Sighting | undefined {
    return this.#earliest[indexAfter(this.#starts, moment)]?.find((each) => each.state !== state);
  }
}

function seenBy(step: Step): Sighting[] {
  const { start, end } = step;
  return [step.needs, step.makes].flatMap((state) =>
    state === undefined ? [] : [{ state, start, end, step }],
  );
}

function earliestOfTwoStates(sightings: readonly Sighting[]): Sighting[][] {
  const earliest: Sighting[][] = [];
  let best: Sighting[] = [];
  for (const sighting of sightings.toReversed()) {
    best = [...best, sighting]
      .toSorted((a, b) => a.end - b.end)
      .filter((each, index, all) => all.findIndex(({ state }) => state === each.state) === index)
      .slice(0, 2);
    earliest.push(best);
  }
  return earliest.toReversed();
}

/** Where the first of the ascending numbers is that is greater. */
function indexAfter(ascending: readonly number[], number: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
