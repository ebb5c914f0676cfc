import type { Role } from "../clients/client.ts";
import { median, quantile, spread, sum } from "./statistics.ts";
import type { Sample } from "./stopwatch.ts";

/**
 * The subjects that take turns: the stores, the raw clients and deltas by hand, or other libraries with the stores and
 * raw clients that they are compared with.
 */
export type Group = "peers" | "stores";

/** The medians over the rounds of one subject in one case. */
export interface Result {
  readonly workload: string;
  readonly case: string;
  readonly size: number;
  readonly backend: string;
  readonly group: Group;
  readonly subject: string;
  readonly role: Role;
  readonly rounds: number;
  readonly steps: number;
  readonly wallMs: number;
  /** The range of the rounds' times, divided by their median: `0.1` for 95 to 105 ms. Older reports do not have it. */
  readonly wallSpread?: number;
  readonly cpuMs: number;
  readonly sent: number;
  readonly received: number;
  /** `null` if the operating system does not count it. */
  readonly written: number | null;
  readonly memory: number;
  /** Median duration of a step. */
  readonly stepMs: number;
  readonly p99Ms: number;
  /** Time of the last 20 steps divided by that of the first 20; `null` if there are fewer than 40. */
  readonly lastToFirst: number | null;
}

export type ResultKey = Pick<Result, "workload" | "case" | "size" | "backend" | "group" | "subject" | "role">;

export function resultOf(key: ResultKey, samples: readonly Sample[]): Result {
  const of = (value: (sample: Sample) => number): number => median(samples.map(value));
  return {
    ...key,
    rounds: samples.length,
    steps: of(({ steps }) => steps.length),
    wallMs: of(({ wallMs }) => wallMs),
    wallSpread: spread(samples.map(({ wallMs }) => wallMs)),
    cpuMs: of(({ cpuMs }) => cpuMs),
    sent: of(({ sent }) => sent),
    received: of(({ received }) => received),
    written: samples.some(({ written }) => written === undefined) ? null : of(({ written }) => written ?? 0),
    memory: of(({ memory }) => memory),
    stepMs: of(({ steps }) => median(steps)),
    p99Ms: of(({ steps }) => quantile(steps, 0.99)),
    lastToFirst: samples.some(({ steps }) => steps.length < 40)
      ? null
      : of(({ steps }) => sum(steps.slice(-20)) / sum(steps.slice(0, 20))),
  };
}

/** Finds the result of `subject` in the same case and group. */
export function rivalOf(
  results: readonly Result[],
  { workload, case: name, backend, group }: Omit<ResultKey, "role" | "size" | "subject">,
  subject: string,
): Result | undefined {
  return results.find(
    (other) =>
      other.workload === workload &&
      other.case === name &&
      other.backend === backend &&
      other.group === group &&
      other.subject === subject,
  );
}
