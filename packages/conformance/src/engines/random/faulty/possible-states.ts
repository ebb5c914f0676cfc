import { isDeepStrictEqual } from "node:util";
import type { StoredThread, ThreadMetadata } from "@threadstore/core";
import { appendedText } from "../appended-text.ts";

/** A thread that may be stored at an id. */
export interface Content {
  readonly json: string;
  readonly metadata: ThreadMetadata;
  /** `undefined` if the save got no response and no call has returned the version since. */
  readonly version: string | undefined;
}

/** `undefined` if the thread does not exist. */
export type State = Content | undefined;

/** The precondition of a change. */
export type Precondition = "none" | "absent" | "exists" | { readonly version: string };

export type Change =
  | {
      readonly type: "save";
      readonly precondition: Precondition;
      readonly json: string;
      readonly metadata: ThreadMetadata | undefined;
    }
  | {
      readonly type: "append";
      readonly precondition: Precondition;
      readonly elements: readonly unknown[];
      /** The thread that the append creates if there is none. */
      readonly created: string | undefined;
    }
  | { readonly type: "touch"; readonly precondition: Precondition; readonly metadata: ThreadMetadata }
  | { readonly type: "delete"; readonly precondition: Precondition };

/** The details of a thread that appends, touches and listings return. */
export interface Details {
  readonly version: string;
  /** `undefined` if a listing found the thread corrupt. */
  readonly size?: number | undefined;
  readonly metadata?: ThreadMetadata | undefined;
}

/** The result of a change, as its caller got it. */
export type Result =
  | { readonly type: "saved"; readonly stored: StoredThread }
  | { readonly type: "changed"; readonly details: Details }
  /** A touch found no thread. */
  | { readonly type: "missing" }
  | { readonly type: "deleted"; readonly existed: boolean }
  | { readonly type: "conflict"; readonly current: string | undefined }
  /** The change may have taken effect. */
  | { readonly type: "unknown" }
  | { readonly type: "no effect" };

/**
 * All states that one id may be in after changes of which some got no response. A change without a response turns each
 * state into two. Every result leaves only the states that explain it. If no state remains, no order of events explains
 * the results.
 *
 * Immutable: every method returns another instance.
 */
export class PossibleStates {
  readonly all: readonly State[];
  /** The versions that calls have returned so far. A later save must not return any of them. */
  readonly versions: readonly string[];

  constructor(all: readonly State[] = [undefined], versions: readonly string[] = []) {
    this.all = all.filter(
      (state, index) => all.findIndex((other) => isDeepStrictEqual(other, state)) === index,
    );
    this.versions = versions;
  }

  /** Returns the possible states after a change with this result. */
  after(change: Change, result: Result): PossibleStates {
    const { precondition } = change;
    const applicable = this.all.filter((state) => this.#satisfies(state, precondition) !== "no");
    switch (result.type) {
      case "saved": {
        const saved = applicable.map((state) => applied(change, state));
        return this.#with(saved).afterLoad(result.stored);
      }
      case "changed": {
        const changed = applicable.map((state) => applied(change, state));
        return this.#with(changed).afterListing(result.details);
      }
      case "missing":
        return this.afterLoad(undefined);
      case "deleted":
        return this.#with(
          applicable.some((state) => (state !== undefined) === result.existed) ? [undefined] : [],
        );
      case "conflict": {
        const conflicting = this.#with(
          this.all.filter((state) => this.#satisfies(state, precondition) !== "yes"),
        );
        return result.current === undefined ? conflicting : conflicting.#withVersion(result.current);
      }
      case "unknown":
        return this.#with([...this.all, ...applicable.map((state) => applied(change, state))]);
      default:
        return this;
    }
  }

  /** Returns the possible states after a load with this result. */
  afterLoad(stored: StoredThread | undefined): PossibleStates {
    if (stored === undefined) return this.#with(this.all.filter((state) => state === undefined));
    const { json, metadata, version } = stored;
    const matching = this.all.filter(
      (state) => state?.json === json && isDeepStrictEqual(state.metadata, { ...metadata }),
    );
    return this.#with(matching).#withVersion(version);
  }

  /** Returns the possible states after a listing with this summary, or without one. */
  afterListing(summary: Details | undefined): PossibleStates {
    if (summary === undefined) return this.afterLoad(undefined);
    const matching = this.all.filter(
      (state) =>
        state !== undefined &&
        Buffer.byteLength(state.json) === summary.size &&
        isDeepStrictEqual(state.metadata, { ...summary.metadata }),
    );
    return this.#with(matching).#withVersion(summary.version);
  }

  /** Returns the states that may have this version, which is known to be the current one. */
  #withVersion(version: string): PossibleStates {
    const isNew = !this.versions.includes(version);
    const matching = this.all.flatMap((state) => {
      if (state === undefined) return [];
      return state.version === version || (isNew && state.version === undefined)
        ? [{ ...state, version }]
        : [];
    });
    return new PossibleStates(matching, isNew ? [...this.versions, version] : this.versions);
  }

  #with(all: readonly State[]): PossibleStates {
    return new PossibleStates(all, this.versions);
  }

  #satisfies(state: State, precondition: Precondition): "yes" | "no" | "maybe" {
    if (precondition === "none") return "yes";
    if (precondition === "exists") return state === undefined ? "no" : "yes";
    if (precondition === "absent") return state === undefined ? "yes" : "no";
    if (state === undefined) return "no";
    // A version never repeats within one thread, but that of another thread may be equal.
    if (state.version === undefined) return this.versions.includes(precondition.version) ? "no" : "maybe";
    return state.version === precondition.version ? "yes" : "no";
  }
}

function applied(change: Change, before: State): State {
  const kept = before?.metadata ?? {};
  switch (change.type) {
    case "save":
      return { json: change.json, metadata: change.metadata ?? kept, version: undefined };
    case "append": {
      const json = appendedText(before?.json ?? change.created ?? "", change.elements);
      return json === undefined ? before : { json, metadata: kept, version: undefined };
    }
    case "touch":
      return before && { json: before.json, metadata: change.metadata, version: undefined };
    default:
      return undefined;
  }
}

/** Returns the possible states after two concurrent changes, which may take effect in either order. */
export function eitherOrder(
  before: PossibleStates,
  one: readonly [Change, Result],
  other: readonly [Change, Result],
): PossibleStates {
  const orders = [before.after(...one).after(...other), before.after(...other).after(...one)];
  const versions = new Set(orders.flatMap((each) => each.versions));
  return new PossibleStates(
    orders.flatMap(({ all }) => all),
    [...versions],
  );
}
