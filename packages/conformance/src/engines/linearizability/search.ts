import { withKnownContents } from "./content.ts";
import { Order } from "./order.ts";
import { NO_THREAD, type Snapshot, type Step } from "./step.ts";

/** `undecided` means that a time or memory limit was exceeded first. It is not a pass. */
export type Verdict = "legal" | "illegal" | "undecided";

export interface SearchLimits {
  /** The CPU time that a search may take, in milliseconds. */
  readonly deadlineMs: number;
  /** The number of combinations of placed steps and resulting state to remember. */
  readonly maxStates: number;
}

/** The number of iterations between two readings of the CPU time. */
const ITERATIONS_PER_READING = 256;

/**
 * Searches for an order of the steps that respects their times and in which each step takes effect in a state that it
 * allows. This is Wing and Gong's algorithm with Lowe's cache of visited configurations.
 */
export function search(steps: readonly Step[], { deadlineMs, maxStates }: SearchLimits): Verdict {
  const order = new Order(withKnownContents(steps));
  const visited = new Set<string>();
  const placed: { candidate: number; before: Snapshot }[] = [];
  const deadline = cpuTimeMs() + deadlineMs;
  let snapshot = NO_THREAD;
  let candidate = order.first();
  for (let iteration = 0; !order.isComplete(); iteration += 1) {
    if (iteration % ITERATIONS_PER_READING === 0 && cpuTimeMs() >= deadline) return "undecided";
    if (candidate === undefined) {
      const last = placed.pop();
      if (last === undefined) return "illegal";
      order.undo(last.candidate);
      snapshot = last.before;
      candidate = order.after(last.candidate);
      continue;
    }
    const after = order.snapshotAfter(candidate, snapshot);
    if (after !== undefined && isNew(visited, order.keyWith(candidate, after))) {
      if (visited.size > maxStates) return "undecided";
      placed.push({ candidate, before: snapshot });
      order.append(candidate);
      snapshot = after;
      candidate = order.first();
    } else candidate = order.after(candidate);
  }
  return "legal";
}

/** CPU time, because with wall time the verdict would depend on the load of the machine. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function isNew(visited: Set<string>, key: string): boolean {
  const size = visited.size;
  return visited.add(key).size > size;
}
