import { Order } from "./order.ts";
import { absent, type State, type Step } from "./step.ts";

/** `undecided`: time or memory was up first. It is not a pass. */
export type Verdict = "legal" | "illegal" | "undecided";

export interface SearchLimits {
  /** The CPU time a search may take, in milliseconds. */
  readonly deadlineMs: number;
  /** How many combinations of what was placed and the state it led to are remembered. */
  readonly maxStates: number;
}

/** The number of turns between two readings of the CPU time. */
const TURNS = 256;

/**
 * Whether the steps can be put in an order that keeps to their times and in which each is at a state it says:
 * Wing and Gong's search, with Lowe's memory of what was tried.
 */
export function search(steps: readonly Step[], { deadlineMs, maxStates }: SearchLimits): Verdict {
  const order = new Order(steps);
  const tried = new Set<string>();
  const placed: { candidate: number; before: State }[] = [];
  const deadline = cpuTimeMs() + deadlineMs;
  let state = absent;
  let candidate = order.first();
  for (let turn = 0; !order.isComplete(); turn += 1) {
    if (turn % TURNS === 0 && cpuTimeMs() >= deadline) return "undecided";
    if (candidate === undefined) {
      const last = placed.pop();
      if (last === undefined) return "illegal";
      order.takeBack(last.candidate);
      state = last.before;
      candidate = order.after(last.candidate);
      continue;
    }
    const after = order.stateAfter(candidate, state);
    if (after !== undefined && isNew(tried, order.keyWith(candidate, after))) {
      if (tried.size > maxStates) return "undecided";
      placed.push({ candidate, before: state });
      order.place(candidate);
      state = after;
      candidate = order.first();
    } else candidate = order.after(candidate);
  }
  return "legal";
}

/** Wall time would make the verdict depend on what else the machine computes. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function isNew(tried: Set<string>, key: string): boolean {
  const size = tried.size;
  return tried.add(key).size > size;
}
