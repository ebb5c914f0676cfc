import { isDeepStrictEqual } from "node:util";
import type { StoredThread, ThreadMetadata, ThreadSummary } from "@threadstore/core";

/** What may be stored at an id. */
export interface Content {
  readonly json: string;
  readonly metadata: ThreadMetadata;
  /** `undefined`: the save had no answer, and nobody has seen what it made. */
  readonly version: string | undefined;
}

/** `undefined`: nothing is there. */
export type State = Content | undefined;

/** What has to be there for a change to be made. */
export type Condition = "anything" | "nothing" | { readonly version: string };

export type Change =
  | {
      readonly type: "save";
      readonly on: Condition;
      readonly json: string;
      readonly metadata: ThreadMetadata | undefined;
    }
  | { readonly type: "delete"; readonly on: Condition };

/** What its caller was told of a change. */
export type Result =
  | { readonly is: "saved"; readonly stored: StoredThread }
  | { readonly is: "deleted"; readonly wasThere: boolean }
  | { readonly is: "conflict"; readonly current: string | undefined }
  /** It may have taken effect. */
  | { readonly is: "unknown" }
  | { readonly is: "without effect" };

/**
 * All that may be stored at one id, after changes some of which had no answer. A change without an answer makes two
 * states of one; what a call says, or finds, leaves those that explain it. None left: no order of events does.
 *
 * A list is never changed; every step makes another.
 */
export class PossibleStates {
  readonly all: readonly State[];
  /** The versions that anybody saw here: no later save may have one of them. */
  readonly versions: readonly string[];

  constructor(all: readonly State[] = [undefined], versions: readonly string[] = []) {
    this.all = all.filter(
      (state, index) => all.findIndex((other) => isDeepStrictEqual(other, state)) === index,
    );
    this.versions = versions;
  }

  /** What may be there after a change of which the caller was told this. */
  after(change: Change, result: Result): PossibleStates {
    const met = this.all.filter((state) => this.#meets(state, change.on) !== "no");
    switch (result.is) {
      case "saved": {
        const made = met.flatMap((state) => (change.type === "save" ? [applied(change, state)] : []));
        return this.#with(made).seeing(result.stored);
      }
      case "deleted":
        return this.#with(met.some((state) => (state !== undefined) === result.wasThere) ? [undefined] : []);
      case "conflict": {
        const refused = this.#with(this.all.filter((state) => this.#meets(state, change.on) !== "yes"));
        return result.current === undefined ? refused : refused.#at(result.current);
      }
      case "unknown":
        return this.#with([...this.all, ...met.map((state) => applied(change, state))]);
      default:
        return this;
    }
  }

  /** What may be there when a load found this. */
  seeing(found: StoredThread | undefined): PossibleStates {
    if (found === undefined) return this.#with(this.all.filter((state) => state === undefined));
    const { json, metadata, version } = found;
    const alike = this.all.filter(
      (state) => state?.json === json && isDeepStrictEqual(state.metadata, { ...metadata }),
    );
    return this.#with(alike).#at(version);
  }

  /** What may be there when a listing has this of it. */
  listing(found: ThreadSummary | undefined): PossibleStates {
    if (found === undefined) return this.seeing(undefined);
    const alike = this.all.filter(
      (state) =>
        state !== undefined &&
        Buffer.byteLength(state.json) === found.size &&
        isDeepStrictEqual(state.metadata, { ...found.metadata }),
    );
    return this.#with(alike).#at(found.version);
  }

  /** The states that may have the version, which is known to be that of what is there. */
  #at(version: string): PossibleStates {
    const isNew = !this.versions.includes(version);
    const left = this.all.flatMap((state) => {
      if (state === undefined) return [];
      return state.version === version || (isNew && state.version === undefined)
        ? [{ ...state, version }]
        : [];
    });
    return new PossibleStates(left, isNew ? [...this.versions, version] : this.versions);
  }

  #with(all: readonly State[]): PossibleStates {
    return new PossibleStates(all, this.versions);
  }

  #meets(state: State, on: Condition): "yes" | "no" | "perhaps" {
    if (on === "anything") return "yes";
    if (on === "nothing") return state === undefined ? "yes" : "no";
    if (state === undefined) return "no";
    // Only of one thread do versions never repeat.
    if (state.version === undefined) return this.versions.includes(on.version) ? "no" : "perhaps";
    return state.version === on.version ? "yes" : "no";
  }
}

function applied(change: Change, before: State): State {
  if (change.type === "delete") return undefined;
  const { json, metadata = before?.metadata ?? {} } = change;
  return { json, metadata, version: undefined };
}

/** Both orders: what may be there after two changes that were under way at once. */
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
