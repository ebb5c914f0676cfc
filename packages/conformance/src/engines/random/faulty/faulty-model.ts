import type { StoredThread, ThreadSummary } from "@threadstore/core";
import { holds, show } from "../../../suite/expectations.ts";
import type { FaultProxy } from "../../fault-proxy/index.ts";
import type { Protocol } from "../../fault-proxy/refusals.ts";
import type { Clients, Tally, Traced } from "../command.ts";
import { PossibleStates, type State } from "./possible-states.ts";

/** What the clients of a run were told of one thread. */
export interface ThreadKnowledge {
  states: PossibleStates;
  /** What a caller holds by now: the version that was handed out last, unless it learnt that nothing is there. */
  held: string | undefined;
  readonly handedOut: Map<string, StoredThread>;
}

/** The clients of a run, of which the last reaches the backend directly. */
export interface FaultyClients extends Clients {
  readonly proxy: FaultProxy;
  readonly protocol: Protocol;
}

/** Who is never struck by a fault. */
export const observer = 2;

/** The contract for one caller at a time on a network that fails: what may be there by all that was said. */
export class FaultyModel implements Traced {
  readonly ids: readonly string[];
  readonly trace: string[] = [];
  readonly #tally: Tally;
  readonly #threads = new Map<string, ThreadKnowledge>();
  #saves = 0;

  constructor(ids: readonly string[], tally: Tally) {
    this.ids = ids;
    this.#tally = tally;
  }

  of(id: string): ThreadKnowledge {
    const known = this.#threads.get(id) ?? {
      states: new PossibleStates(),
      held: undefined,
      handedOut: new Map(),
    };
    this.#threads.set(id, known);
    return known;
  }

  /** A number for each save, so that no two save the same. */
  nextSave(): number {
    this.#saves += 1;
    return this.#saves;
  }

  count(label: string): void {
    this.#tally.set(label, (this.#tally.get(label) ?? 0) + 1);
  }

  versionsOfOthers(id: string): string[] {
    return [...this.#threads].flatMap(([other, { states }]) => (other === id ? [] : states.versions));
  }

  /** Goes on with what may be there after a call; fails when nothing may. `what` says what the call said. */
  goOn(id: string, states: PossibleStates, what: string): void {
    const known = this.of(id);
    holds(
      states.all.length > 0,
      "what calls say and find can be explained, with each change without an answer made or not made",
      `${what}, though there may be ${known.states.all.map(stateText).join(" or ")}`,
    );
    known.states = states;
  }

  found(id: string, stored: StoredThread | undefined, who: string): void {
    const known = this.of(id);
    const what = stored === undefined ? "nothing" : stateText(stored);
    this.goOn(id, known.states.seeing(stored), `${who} found ${what} at ${show(id)}`);
    this.hold(id, stored);
  }

  listed(id: string, summary: ThreadSummary | undefined): void {
    const what = summary === undefined ? "no" : `a thread ${show(summary.version)} at`;
    this.goOn(id, this.of(id).states.listing(summary), `a listing has ${what} ${show(id)}`);
  }

  hold(id: string, stored: StoredThread | undefined): void {
    const known = this.of(id);
    known.held = stored?.version;
    if (stored !== undefined) known.handedOut.set(stored.version, stored);
  }
}

function stateText(state: State): string {
  if (state === undefined) return "nothing";
  const { json, metadata, version } = state;
  return `${show(json)} with metadata ${show({ ...metadata })} at ${version === undefined ? "a version not seen yet" : show(version)}`;
}
