import { contentIn } from "./content.ts";
import { anomaly, firstOf, type Rule } from "./rule.ts";
import type { Step } from "./step.ts";

/** A load, and the writes that it found the thread to consist of. */
interface Loaded {
  readonly step: Step;
  readonly content: readonly string[];
}

function loadsIn(steps: readonly Step[]): Loaded[] {
  return steps.flatMap((step) => {
    const content = contentIn(step.operation);
    return content === undefined ? [] : [{ step, content }];
  });
}

function writerOf(write: string, steps: readonly Step[]): Step | undefined {
  return steps.find(({ operation }) => "write" in operation && operation.write === write);
}

const unwrittenContent: Rule = (steps, { writers }) =>
  firstOf(loadsIn(steps), ({ step, content }) => {
    const write = content.find((each) => !writers.has(each));
    if (write === undefined) return undefined;
    const call = writerOf(write, steps);
    return call === undefined
      ? anomaly("phantom read", `the thread has ${write}, which no call wrote`, step)
      : anomaly(
          "conflict that took effect",
          `the thread has ${write}, whose call was a conflict`,
          call,
          step,
        );
  });

const repeatedAppend: Rule = (steps) =>
  firstOf(loadsIn(steps), ({ step, content }) => {
    const appended = content.slice(1);
    const write = appended.find((each, index) => appended.indexOf(each) !== index);
    if (write === undefined) return undefined;
    return anomaly("repeated append", `the thread has ${write} twice`, writerOf(write, steps), step);
  });

/**
 * Finds a load of a thread that begins with a save, and lacks a later change that had its response before. A save that
 * has been replaced never comes back, so the change took effect on this save or on its appends.
 */
const lostContent: Rule = (steps, observations) => {
  const changes = steps.filter(
    ({ operation, optional, resultingState }) =>
      !optional && resultingState !== undefined && (operation.type === "append" || operation.type === "save"),
  );
  return firstOf(loadsIn(steps), ({ step, content }) => {
    const [first = ""] = content;
    const from = observations.knownFrom(first);
    const present = new Set(content);
    const lost = changes.find(
      ({ start, end, resultingState = "" }) =>
        start > from && end < step.start && !present.has(resultingState),
    );
    if (lost === undefined) return undefined;
    const { type } = lost.operation;
    const write = lost.resultingState ?? "";
    const [name, explanation] =
      type === "append"
        ? (["lost append", `${write} was appended after ${first}, but is missing later`] as const)
        : (["reverted content", `${write} replaced ${first}, whose content came back`] as const);
    return anomaly(name, explanation, observations.writers.get(first), lost, step);
  });
};

/** The anomalies in the content of threads to which calls append. */
export const contentAnomalies: readonly Rule[] = [unwrittenContent, repeatedAppend, lostContent];
