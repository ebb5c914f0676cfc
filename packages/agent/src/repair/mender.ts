import { AgentError } from "../agent-error.ts";
import { remedies, type Damage } from "./damage.ts";
import {
  chooseAction,
  type ActionOf,
  type DamageCode,
  type RepairAction,
  type RepairPolicy,
} from "./policy.ts";

/** One thing that was mended, or taken out. Never holds content. */
export interface ThreadChange {
  /** What was wrong. */
  readonly code: DamageCode;
  /** Where it was, in the thread as it came. */
  readonly path: string;
  readonly action: RepairAction;
  /** What was wrong and what was done, for a person. */
  readonly message: string;
  /**
   * Where the other half was, in the thread as it came: of a result that was moved, its call; of a call that was
   * renamed or taken out, its result, if it had one.
   */
  readonly counterpart?: string;
  /** Of a call that was renamed: its new id. */
  readonly id?: string;
  /** Of a call whose tool's name was rewritten: the new name. */
  readonly name?: string;
}

/** A damage that was come across. */
export interface Found<Code extends DamageCode> {
  readonly code: Code;
  readonly path: string;
  /** Which message it is in, to put what is told in the order of the messages. */
  readonly position: number;
  readonly message: string;
}

/** What was done about a damage, for a person, and what a machine has to know of it. */
export interface Done {
  readonly what: string;
  /** Where the policy's action was not possible: the one that was taken. */
  readonly action?: RepairAction;
  readonly counterpart?: string | undefined;
  readonly id?: string;
  readonly name?: string;
}

/** How to do each of the things that a policy may say of a kind of damage; text alone where nothing is left to do. */
export type Ways<Code extends DamageCode> = {
  readonly [Action in Exclude<ActionOf<Code>, "stop">]: string | (() => Done | string);
};

interface PlacedDamage extends Damage {
  readonly position: number;
}

/** Mends by a policy, and keeps account of it. */
export class Mender {
  readonly #policy: RepairPolicy;
  readonly #damages: PlacedDamage[] = [];
  readonly #changes: ThreadChange[] = [];

  constructor(policy: RepairPolicy) {
    this.#policy = policy;
  }

  get changes(): readonly ThreadChange[] {
    return this.#changes;
  }

  /** What was come across, in the order of the messages. */
  get damages(): Damage[] {
    const placed = this.#damages.toSorted((left, right) => left.position - right.position);
    return placed.map(({ code, path, message, remedy }) => ({ code, path, message, remedy }));
  }

  /** Does what the policy says about a damage. Throws `THREAD_INVALID` if that is to stop. */
  mend<Code extends DamageCode>(found: Found<Code>, ways: Ways<Code>): void {
    const { code, path, position, message } = found;
    this.#damages.push({ code, path, position, message, remedy: remedies[code] });
    const action: RepairAction | "stop" = chooseAction(this.#policy, code);
    if (action === "stop") {
      const text = `${path}: ${message} (${code}), and the policy says to stop there.`;
      throw new AgentError("THREAD_INVALID", text, { path });
    }
    const way: string | (() => Done | string) = ways[action as keyof Ways<Code>];
    const done = typeof way === "string" ? way : way();
    const { what, action: taken = action, ...rest }: Done = typeof done === "string" ? { what: done } : done;
    const { counterpart, id, name } = rest;
    this.#changes.push({
      code,
      path,
      action: taken,
      message: `${message}: ${what}.`,
      ...(counterpart === undefined ? {} : { counterpart }),
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
    });
  }
}
