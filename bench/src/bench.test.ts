import { expect, it } from "vitest";
import { fileSystem } from "./backends/file-system.ts";
import { sqliteNormal } from "./backends/sqlite.ts";
import type { Result } from "./measure/result.ts";
import { runPlan } from "./measure/run-plan.ts";
import { noPeers } from "./peers.ts";
import { workloads } from "./workloads/index.ts";

it("runs every workload through a store, the raw client and the hand-written delta", async () => {
  const results: Result[] = [];
  const failures: string[] = [];
  // One is enough to show that everything runs. The benchmark itself is for the others.
  const isQuick = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";
  const backends = isQuick ? [sqliteNormal] : [sqliteNormal, fileSystem];
  const plan = { ...noPeers, backends, workloads, rounds: 1, scale: "quick", sizes: undefined } as const;
  await runPlan(plan, {
    progress: () => undefined,
    results: (added) => results.push(...added),
    failure: (text) => failures.push(text),
    leftOut: (text) => failures.push(text),
  });
  expect(failures).toEqual([]);
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
