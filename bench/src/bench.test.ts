import { expect, it } from "vitest";
import { fileSystem } from "./backends/file-system.ts";
import { sqliteNormal } from "./backends/sqlite.ts";
import { paceOf } from "./measure/pace.ts";
import type { Outcome } from "./measure/plan.ts";
import { runPlan } from "./measure/run-plan.ts";
import { noPeers } from "./peers.ts";
import { goalsOf } from "./report/goals.ts";
import { workloads } from "./workloads/index.ts";

it("runs every workload through a store, the raw client and the hand-written delta", async () => {
  const outcomes: Outcome[] = [];
  // One is enough to show that everything runs. The benchmark itself is for the others.
  const isQuick = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";
  const backends = isQuick ? [sqliteNormal] : [sqliteNormal, fileSystem];
  const selection = { backends, workloads, groups: ["stores"], scale: "quick", sizes: undefined } as const;
  await runPlan(
    { ...selection, ...noPeers, rounds: 1, pace: paceOf(undefined), roundLimitMs: 60_000, goalsOf },
    { progress: () => undefined, outcome: (one) => outcomes.push(one) },
  );
  expect(outcomes.flatMap(({ missing }) => missing)).toEqual([]);
  const results = outcomes.flatMap((outcome) => outcome.results);
  for (const { name: backend } of backends) {
    const ran = results.filter((result) => result.backend === backend);
    expect(new Set(ran.map(({ workload }) => workload))).toEqual(new Set(workloads.map(({ name }) => name)));
    const grown = ran
      .filter((result) => result.case === "T = 40")
      .map(({ role, written }) => ({ role, written }));
    expect(grown.map(({ role }) => role)).toEqual(["ours", "ours", "raw", "delta", "control"]);
    // Bytes are exact on a busy machine, too: whole rewrites write the most.
    if (process.platform !== "linux") continue;
    const [text, objects, raw, delta] = grown.map(({ written }) => written ?? 0);
    expect(Math.max(text ?? 0, objects ?? 0, delta ?? 0)).toBeLessThan(0.6 * (raw ?? 0));
  }
});
