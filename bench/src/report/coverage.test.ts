import { expect, it } from "vitest";
import type { Outcome } from "../measure/plan.ts";
import { caseOf } from "../results/results.test-helper.ts";
import { coverageLines, neverAskedFor } from "./coverage.ts";

const SLOW = { subject: "LangGraph, graph", reason: "a round would take more than 60 s", failed: false };

function outcome(backend: string, turns: number, changes: Partial<Outcome> = {}): Outcome {
  return caseOf([], { backend, case: `T = ${turns}`, size: turns, ...changes });
}

it("a line names all cases that did not run for the same reason", () => {
  const lines = coverageLines([
    outcome("sqlite", 10),
    outcome("redis", 10, { notRun: "the run was stopped" }),
    outcome("redis", 50, { notRun: "the run was stopped" }),
    outcome("file-system", 10, { notRun: "the run was stopped" }),
    outcome("file-system", 50, { notRun: "the run was stopped" }),
    outcome("s3", 10, { notRun: "the run was stopped" }),
    outcome("s3", 5000, { notRun: "the run was stopped" }),
    outcome("s3", 5000, { notRun: "the run was stopped", workload: "save", case: "5 KB" }),
  ]);
  expect(lines).toEqual([
    "Did not run: growth on redis and file-system (T = 10, T = 50), s3 (T = 10, T = 5000); save on s3 (5 KB): the run was stopped.",
  ]);
});

it("a line names the subjects that failed or were left out, and why", () => {
  const lines = coverageLines([
    outcome("postgres", 800, { group: "peers", missing: [SLOW] }),
    outcome("postgres", 1000, {
      group: "peers",
      missing: [SLOW, { subject: "Keyv", reason: "No.", failed: true }],
    }),
    outcome("redis", 10, {
      notRun: "the backend does not start",
      missing: [{ subject: "all", reason: "the backend does not start", failed: true }],
    }),
  ]);
  expect(lines).toEqual([
    "Left out: LangGraph, graph in growth with other libraries on postgres (T = 800, T = 1000): a round would take more than 60 s.",
    "Failed: Keyv in growth with other libraries on postgres (T = 1000): No.",
    "Failed: all in growth on redis (T = 10): the backend does not start.",
  ]);
});

it("the cases that no run was asked for are named, by size and backend unless it is all of them", () => {
  const all = ["sqlite", "redis"].flatMap((backend) => [
    ...[10, 50].map((turns) => outcome(backend, turns)),
    outcome(backend, 5000, { workload: "save", case: "5 KB" }),
  ]);
  expect(neverAskedFor(all, all)).toEqual([]);
  expect(neverAskedFor(all.slice(0, 1), all)).toEqual([
    "No run was asked for growth on sqlite (T = 50), redis; save.",
  ]);
});
