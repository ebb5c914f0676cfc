import type { DeleteOperation, LoadOperation, Operation } from "./operation.ts";

/** The state of a thread: the name of the change that produced it, or {@link ABSENT}. */
export type State = string;

export const ABSENT: State = "";

/** A state that never occurs, for responses that no state explains. */
export const IMPOSSIBLE: State = "\u0000";

/** A thread at one moment, as the search tracks it. */
export interface Snapshot {
  readonly state: State;
  /** The writes that the thread consists of, joined. */
  readonly content: string;
}

export const NO_THREAD: Snapshot = { state: ABSENT, content: "" };

/** What an operation implies about the state at the moment at which it took effect. */
export interface Step {
  readonly operation: Operation;
  readonly start: number;
  /** `Infinity` if there was no response. */
  readonly end: number;
  /** The state must be this one. */
  readonly requiredState?: State;
  /** The thread must consist of these writes. */
  readonly requiredContent?: string;
  /** The state must not be this one. */
  readonly excludedState?: State;
  /** The state afterwards. If absent, the step does not change it. */
  readonly resultingState?: State;
  /** Whether the step may have had no effect at all. */
  readonly optional: boolean;
}

/** Returns the thread after the step, or `undefined` if the step cannot take effect on it. */
export function snapshotAfter(step: Step, before: Snapshot): Snapshot | undefined {
  const { requiredState, requiredContent, excludedState, resultingState } = step;
  if (requiredState !== undefined && requiredState !== before.state) return undefined;
  if (requiredContent !== undefined && requiredContent !== before.content) return undefined;
  if (excludedState === before.state) return undefined;
  if (resultingState === undefined) return before;
  return { state: resultingState, content: contentAfter(step.operation, before.content) };
}

function contentAfter(operation: Operation, before: string): string {
  switch (operation.type) {
    case "save":
      return operation.write;
    case "append":
      // An append that creates the thread is its first write, too.
      return joined([before === "" ? operation.write : before, operation.write]);
    case "touch":
      return before;
    default:
      return "";
  }
}

export function joined(writes: readonly string[]): string {
  return writes.join("\u0001");
}

/** Two changes with the same version. */
export interface ReusedVersion {
  readonly version: string;
  readonly operations: readonly [Operation, Operation];
}

/** Maps each version to the change that produced it, as far as calls have returned it. */
export class Versions {
  readonly #writes = new Map<string, { readonly write: string; readonly operation: Operation }>();
  readonly reused: ReusedVersion | undefined;
  /** Whether a change may have taken effect without having returned its version. */
  readonly #isIncomplete: boolean;

  constructor(operations: readonly Operation[]) {
    this.#isIncomplete = operations.some(({ type, outcome }) => type !== "load" && outcome === "unknown");
    for (const operation of operations) {
      const returned = returnedBy(operation);
      if (returned === undefined) continue;
      const earlier = this.#writes.get(returned.version);
      if (earlier === undefined) this.#writes.set(returned.version, { write: returned.write, operation });
      else if (earlier.write !== returned.write)
        this.reused ??= { version: returned.version, operations: [earlier.operation, operation] };
    }
  }

  /** Whether the version may belong to a change without a response, so that its state cannot be known. */
  isUncertain(version: string | null): boolean {
    return version !== null && this.#isIncomplete && !this.#writes.has(version);
  }

  /** A version that no operation returned does not belong to any known change. */
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
    const implied = implicationsOf(operation, versions);
    if (implied === undefined) return [];
    const optional = operation.outcome === "unknown";
    const end = optional ? Infinity : (operation.end ?? Infinity);
    return [{ operation, start: operation.start, end, optional, ...implied }];
  });
}

type Implications = Pick<Step, "requiredState" | "requiredContent" | "excludedState" | "resultingState">;

function implicationsOf(operation: Operation, versions: Versions): Implications | undefined {
  if (operation.type === "load") return implicationsOfLoad(operation);
  const { type, outcome, previous } = operation;
  if (previous !== undefined && versions.isUncertain(previous)) return implicationsOfUncertain(operation);
  const precondition = previous === undefined ? undefined : versions.stateOf(previous);
  if (outcome === "conflict") {
    if (precondition !== undefined) return { excludedState: precondition };
    // Without a precondition, only an append can conflict: there was no thread.
    const isMissing = type === "append" && operation.creates !== true;
    return { requiredState: isMissing ? ABSENT : IMPOSSIBLE };
  }
  if (type === "delete") return implicationsOfDelete(operation, precondition);
  if (type === "touch" && operation.touched === false)
    return { requiredState: precondition === undefined ? ABSENT : IMPOSSIBLE };
  const needsThread = type === "touch" || (type === "append" && operation.creates !== true);
  const condition = needsThread ? { excludedState: ABSENT } : {};
  return {
    ...(precondition === undefined ? condition : { requiredState: precondition }),
    resultingState: operation.write,
  };
}

/** Of a change of a version that may belong to any change without a response, only that there was a thread. */
function implicationsOfUncertain(operation: Exclude<Operation, LoadOperation>): Implications | undefined {
  if (operation.outcome === "conflict") return undefined;
  const resultingState = operation.type === "delete" ? ABSENT : operation.write;
  return { excludedState: ABSENT, resultingState };
}

function implicationsOfLoad({ outcome, found }: LoadOperation): Implications | undefined {
  if (outcome === "unknown") return undefined;
  const content = found?.content === undefined ? {} : { requiredContent: joined(found.content) };
  return { requiredState: found?.write ?? ABSENT, ...content };
}

function implicationsOfDelete(
  { outcome, deleted }: DeleteOperation,
  precondition: State | undefined,
): Implications {
  if (outcome === "done" && deleted === false)
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
