import type { StoredThread, ThreadSummary } from "@threadstore/core";
import { expectTrue, show } from "../../../suite/expectations.ts";
import type { FaultProxy } from "../../fault-proxy/index.ts";
import type { Protocol } from "../../fault-proxy/refusals.ts";
import type { Clients, Tally, TracedModel } from "../command.ts";
import { PossibleStates, type State } from "./possible-states.ts";

/** The knowledge of a run's clients about one thread. */
export interface ThreadKnowledge {
  states: PossibleStates;
  /** The version that a caller holds: the last one returned, unless a call found that the thread does not exist. */
  heldVersion: string | undefined;
  /** The threads that calls have returned, by version. */
  readonly returnedThreads: Map<string, StoredThread>;
}

/** The clients of a run, of which the last connects to the backend directly. */
export interface FaultyClients extends Clients {
  readonly proxy: FaultProxy;
  readonly protocol: Protocol;
}

/** The number of the client that no fault strikes. */
export const OBSERVER = 2;

/** A model of the contract for sequential calls on a faulty network: the states that all results so far allow. */
export class FaultyModel implements TracedModel {
  readonly ids: readonly string[];
  readonly trace: string[] = [];
  readonly #tally: Tally;
  readonly #threads = new Map<string, ThreadKnowledge>();
  #writes = 0;

  constructor(ids: readonly string[], tally: Tally) {
    this.ids = ids;
    this.#tally = tally;
  }

  knowledgeOf(id: string): ThreadKnowledge {
    const knowledge = this.#threads.get(id) ?? {
      states: new PossibleStates(),
      heldVersion: undefined,
      returnedThreads: new Map(),
    };
    this.#threads.set(id, knowledge);
    return knowledge;
  }

  /** Returns a number for the next change, so that no two changes write the same content. */
  nextWrite(): number {
    this.#writes += 1;
    return this.#writes;
  }

  count(label: string): void {
    this.#tally.set(label, (this.#tally.get(label) ?? 0) + 1);
  }

  versionsOfOthers(id: string): string[] {
    return [...this.#threads].flatMap(([other, { states }]) => (other === id ? [] : states.versions));
  }

  /** Sets the possible states after a call, which `event` describes. Fails if there are none. */
  setStates(id: string, states: PossibleStates, event: string): void {
    const knowledge = this.knowledgeOf(id);
    expectTrue(
      states.all.length > 0,
      "all results can be explained if each change without a response either took effect or did not",
      `${event}, but the possible states were ${knowledge.states.all.map(describeState).join(" or ")}`,
    );
    knowledge.states = states;
  }

  /** Records the result of a load. `subject` names the load in the failure message. */
  recordLoad(id: string, stored: StoredThread | undefined, subject: string): void {
    const { states } = this.knowledgeOf(id);
    const event = `${subject} of ${show(id)} returned ${describeState(stored)}`;
    this.setStates(id, states.afterLoad(stored), event);
    this.setHeld(id, stored);
  }

  recordListing(id: string, summary: ThreadSummary | undefined): void {
    const { states } = this.knowledgeOf(id);
    const entry = summary === undefined ? "did not have" : `had version ${show(summary.version)} of`;
    this.setStates(id, states.afterListing(summary), `a listing ${entry} ${show(id)}`);
  }

  setHeld(id: string, stored: StoredThread | undefined): void {
    const knowledge = this.knowledgeOf(id);
    knowledge.heldVersion = stored?.version;
    if (stored !== undefined) knowledge.returnedThreads.set(stored.version, stored);
  }

  setHeldVersion(id: string, version: string): void {
    this.knowledgeOf(id).heldVersion = version;
  }
}

function describeState(state: State): string {
  if (state === undefined) return "no thread";
  const { json, metadata, version } = state;
  const name = version === undefined ? "an unknown version" : `version ${show(version)}`;
  return `${show(json)} with metadata ${show({ ...metadata })} and ${name}`;
}
