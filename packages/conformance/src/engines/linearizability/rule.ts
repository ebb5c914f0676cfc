import type { Observations } from "./observations.ts";
import type { Operation } from "./operation.ts";
import type { Step } from "./step.ts";

export type AnomalyName =
  | "conflict that took effect"
  | "double creation"
  | "future read"
  | "impossible response"
  | "lost append"
  | "lost thread"
  | "lost update"
  | "phantom read"
  | "repeated append"
  | "reused version"
  | "reverted content"
  | "spurious conflict"
  | "stale read";

/** A reason why a history is not linearizable, which a reader can verify by hand. */
export interface Anomaly {
  readonly name: AnomalyName;
  readonly explanation: string;
  /** The operations that contradict each other. */
  readonly operations: readonly Operation[];
}

/** Finds one kind of anomaly. A history with an anomaly is illegal: no order of the operations explains it. */
export type Rule = (steps: readonly Step[], observations: Observations) => Anomaly | undefined;

export function anomaly(
  name: AnomalyName,
  explanation: string,
  ...steps: readonly (Step | undefined)[]
): Anomaly {
  const operations = steps.flatMap((step) => (step === undefined ? [] : [step.operation]));
  return { name, explanation, operations: [...new Set(operations)] };
}

export function firstOf<T>(items: Iterable<T>, find: (item: T) => Anomaly | undefined): Anomaly | undefined {
  for (const item of items) {
    const result = find(item);
    if (result !== undefined) return result;
  }
  return undefined;
}
