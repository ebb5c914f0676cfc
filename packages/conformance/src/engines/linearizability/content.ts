import type { Operation } from "./operation.ts";
import { joined, type Step } from "./step.ts";

/** Returns the writes that a load found the thread to consist of. */
export function contentIn(operation: Operation): readonly string[] | undefined {
  return operation.type === "load" ? operation.found?.content : undefined;
}

/** Adds to each append what the thread consisted of before it, as far as a load shows it. This shortens the search. */
export function withKnownContents(steps: readonly Step[]): readonly Step[] {
  const contents = contentsBefore(steps);
  if (contents.size === 0) return steps;
  return steps.map((step) => {
    const before = step.operation.type === "append" ? contents.get(step.operation.write) : undefined;
    return before === undefined || step.resultingState === undefined
      ? step
      : { ...step, requiredContent: joined(before) };
  });
}

function contentsBefore(steps: readonly Step[]): ReadonlyMap<string, readonly string[]> {
  const contents = new Map<string, readonly string[]>();
  for (const { operation } of steps) {
    const content = contentIn(operation) ?? [];
    for (const [index, write] of content.entries()) {
      if (index === 0 || contents.has(write)) continue;
      // An append that created the thread is its first write, too.
      const created = index === 1 && content[0] === write;
      contents.set(write, created ? [] : content.slice(0, index));
    }
  }
  return contents;
}
