import type { Role } from "../keepers/keeper.ts";
import { median, quantile, sum } from "./statistics.ts";
import type { Sample } from "./stopwatch.ts";

/** The medians of a contestant's runs of one case. */
export interface Result {
  readonly workload: string;
  readonly case: string;
  readonly size: number;
  readonly backend: string;
  readonly contestant: string;
  readonly role: Role;
  readonly rounds: number;
  readonly steps: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly sent: number;
  readonly received: number;
  /** `null`: the system does not count it. */
  readonly written: number | null;
  readonly memory: number;
  /** Of the single steps. */
  readonly stepMs: number;
  readonly p99Ms: number;
  /** What the last 20 steps took, in terms of the first 20; `null` with fewer than 40. */
  readonly lastToFirst: number | null;
}

/** What was measured, and where. */
export interface Report {
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  readonly results: readonly Result[];
  readonly failures: readonly string[];
}

export type Subject = Pick<Result, "workload" | "case" | "size" | "backend" | "contestant" | "role">;

export function resultOf(subject: Subject, samples: readonly Sample[]): Result {
  const of = (value: (sample: Sample) => number): number => median(samples.map(value));
  return {
    ...subject,
    rounds: samples.length,
    steps: of(({ steps }) => steps.length),
    wallMs: of(({ wallMs }) => wallMs),
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

/** A contestant's result in the case of `result`. */
export function rivalOf(
  results: readonly Result[],
  { workload, case: name, backend }: Subject,
  contestant: string,
): Result | undefined {
  return results.find(
    (other) =>
      other.workload === workload &&
      other.case === name &&
      other.backend === backend &&
      other.contestant === contestant,
  );
}
