import type { Operation } from "./operation.ts";

/** What is at an id: the write whose thread it is, or {@link absent}. */
export type State = string;

export const absent: State = "";

/** A state that never is, for answers that no state explains. */
export const impossible: State = "\u0000";

/** What an operation says of the state at the one moment at which it took effect. */
export interface Step {
  readonly operation: Operation;
  readonly start: number;
  /** `Infinity` where no answer came. */
  readonly end: number;
  /** The state has to be this one. */
  readonly needs?: State;
  /** The state has to be another one. */
  readonly refuses?: State;
  /** What the state is afterwards; without it, what it was. */
  readonly makes?: State;
  /** Whether it may have had no effect at all. */
  readonly optional: boolean;
}

/** The state after the step; `undefined` when the step cannot be at this state. */
export function stateAfter({ needs, refuses, makes }: Step, state: State): State | undefined {
  if (needs !== undefined && needs !== state) return undefined;
  if (refuses === state) return undefined;
  return makes ?? state;
}

/** Two saves that were told one version. */
export interface ReusedVersion {
  readonly version: string;
  readonly operations: readonly [Operation, Operation];
}

/** Which write each version is of, as saves and loads told it. */
export class Versions {
  readonly #told = new Map<string, { readonly write: string; readonly operation: Operation }>();
  readonly reused: ReusedVersion | undefined;

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      const told = toldBy(operation);
      if (told === undefined) continue;
      const before = this.#told.get(told.version);
      if (before === undefined) this.#told.set(told.version, { write: told.write, operation });
      else if (before.write !== told.write)
        this.reused ??= { version: told.version, operations: [before.operation, operation] };
    }
  }

  /** A version that nobody was told is of no write. */
  stateOf(version: string | null): State {
    if (version === null) return absent;
    return this.#told.get(version)?.write ?? `version ${version}`;
  }
}

function toldBy(operation: Operation): { version: string; write: string } | undefined {
  if (operation.type === "load") return operation.found ?? undefined;
  if (operation.type === "delete" || operation.outcome !== "done") return undefined;
  const { version, write } = operation;
  return version === undefined ? undefined : { version, write };
}

/** The steps of one thread's operations. Loads without an answer say nothing and are left out. */
export function stepsOf(operations: readonly Operation[], versions: Versions): Step[] {
  return operations.flatMap((operation) => {
    const says = whatItSays(operation, versions);
    if (says === undefined) return [];
    const optional = operation.outcome === "unknown";
    const end = optional ? Infinity : (operation.end ?? Infinity);
    return [{ operation, start: operation.start, end, optional, ...says }];
  });
}

type Says = Pick<Step, "needs" | "refuses" | "makes">;

function whatItSays(operation: Operation, versions: Versions): Says | undefined {
  const { type, outcome } = operation;
  if (type === "load") {
    if (outcome === "unknown") return undefined;
    return { needs: operation.found?.write ?? absent };
  }
  const { previous } = operation;
  const condition = previous === undefined ? undefined : versions.stateOf(previous);
  if (outcome === "conflict") return condition === undefined ? { needs: impossible } : { refuses: condition };
  if (type === "save")
    return { ...(condition === undefined ? {} : { needs: condition }), makes: operation.write };
  if (outcome === "done" && operation.deleted === false)
    return { needs: condition === undefined ? absent : impossible };
  return condition === undefined ? { refuses: absent, makes: absent } : { needs: condition, makes: absent };
}

/**
 * What was known at a moment: whoever had no answer by then may have taken effect or not. When a history is
 * linearizable, so is this.
 */
export function knownAt(steps: readonly Step[], moment: number): Step[] {
  return steps.flatMap((step): Step[] => {
    if (step.start > moment) return [];
    if (step.end <= moment || step.optional) return [step];
    return step.makes === undefined ? [] : [{ ...step, end: Infinity, optional: true }];
  });
}
