import type { Operation } from "./operation.ts";

/** The state of a thread: the name of the write that produced its content, or {@link ABSENT}. */
export type State = string;

export const ABSENT: State = "";

/** A state that never occurs, for responses that no state explains. */
export const IMPOSSIBLE: State = "\u0000";

/** What an operation implies about the state at the moment at which it took effect. */
export interface Step {
  readonly operation: Operation;
  readonly start: number;
  /** `Infinity` if there was no response. */
  readonly end: number;
  /** The state must be this one. */
  readonly requiredState?: State;
  /** The state must not be this one. */
  readonly excludedState?: State;
  /** The state afterwards. If absent, the step does not change it. */
  readonly resultingState?: State;
  /** Whether the step may have had no effect at all. */
  readonly optional: boolean;
}

/** Returns the state after the step, or `undefined` if the step cannot take effect in this state. */
export function stateAfter(
  { requiredState, excludedState, resultingState }: Step,
  state: State,
): State | undefined {
  if (requiredState !== undefined && requiredState !== state) return undefined;
  if (excludedState === state) return undefined;
  return resultingState ?? state;
}

/** Two saves with the same version. */
export interface ReusedVersion {
  readonly version: string;
  readonly operations: readonly [Operation, Operation];
}

/** Maps each version to its write, as far as saves and loads have returned it. */
export class Versions {
  readonly #writes = new Map<string, { readonly write: string; readonly operation: Operation }>();
  readonly reused: ReusedVersion | undefined;

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      const returned = returnedBy(operation);
      if (returned === undefined) continue;
      const earlier = this.#writes.get(returned.version);
      if (earlier === undefined) this.#writes.set(returned.version, { write: returned.write, operation });
      else if (earlier.write !== returned.write)
        this.reused ??= { version: returned.version, operations: [earlier.operation, operation] };
    }
  }

  /** A version that no operation returned does not belong to any known write. */
  stateOf(version: string | null): State {
    if (version === null) return ABSENT;
    return this.#writes.get(version)?.write ?? `version ${version}`;
  }
}

function returnedBy(operation: Operation): { version: string; write: string } | undefined {
  if (operation.type === "load") return operation.found ?? undefined;
  if (operation.type === "delete" || operation.outcome !== "done") return undefined;
  const { version, write } = operation;
  return version === undefined ? undefined : { version, write };
}

/** Returns the steps of one thread's operations. Loads without a response imply nothing and are left out. */
export function stepsOf(operations: readonly Operation[], versions: Versions): Step[] {
  return operations.flatMap((operation) => {
    const states = statesOf(operation, versions);
    if (states === undefined) return [];
    const optional = operation.outcome === "unknown";
    const end = optional ? Infinity : (operation.end ?? Infinity);
    return [{ operation, start: operation.start, end, optional, ...states }];
  });
}

type StepStates = Pick<Step, "requiredState" | "excludedState" | "resultingState">;

function statesOf(operation: Operation, versions: Versions): StepStates | undefined {
  const { type, outcome } = operation;
  if (type === "load") {
    if (outcome === "unknown") return undefined;
    return { requiredState: operation.found?.write ?? ABSENT };
  }
  const { previous } = operation;
  const precondition = previous === undefined ? undefined : versions.stateOf(previous);
  if (outcome === "conflict")
    return precondition === undefined ? { requiredState: IMPOSSIBLE } : { excludedState: precondition };
  if (type === "save")
    return {
      ...(precondition === undefined ? {} : { requiredState: precondition }),
      resultingState: operation.write,
    };
  if (outcome === "done" && operation.deleted === false)
    return { requiredState: precondition === undefined ? ABSENT : IMPOSSIBLE };
  return precondition === undefined
    ? { excludedState: ABSENT, resultingState: ABSENT }
    : { requiredState: precondition, resultingState: ABSENT };
}

/**
 * Returns the steps as they were known at a moment: calls without a response by then may or may not have taken effect.
 * If a history is linearizable, so is each of these prefixes.
 */
export function knownAt(steps: readonly Step[], moment: number): Step[] {
  return steps.flatMap((step): Step[] => {
    if (step.start > moment) return [];
    if (step.end <= moment || step.optional) return [step];
    return step.resultingState === undefined ? [] : [{ ...step, end: Infinity, optional: true }];
  });
}
