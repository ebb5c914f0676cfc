import { backends } from "../backends/index.ts";
import type { Outcome } from "../measure/plan.ts";
import { plannedCases } from "../measure/run-plan.ts";
import { type CaseKey, keyOf } from "../results/results-file.ts";
import { workloads } from "../workloads/index.ts";

type Case = Omit<CaseKey, "size">;

const EVERY_CASE: readonly Case[] = plannedCases({
  backends,
  workloads,
  groups: ["stores", "peers"],
  scale: "full",
  sizes: undefined,
});

/** Returns a line for each reason for which cases or subjects did not run, such as `Left out: …`. */
export function coverageLines(
  outcomes: readonly Outcome[],
  all: readonly Case[] = EVERY_CASE,
): readonly string[] {
  const reasons = outcomes.flatMap((outcome) => [
    ...(outcome.notRun === undefined || outcome.missing.length > 0
      ? []
      : [{ outcome, text: "Did not run:", reason: outcome.notRun }]),
    ...outcome.missing.map(({ subject, reason, failed }) => ({
      outcome,
      text: `${failed ? "Failed" : "Left out"}: ${subject} in`,
      reason,
    })),
  ]);
  const groups = Map.groupBy(reasons, ({ text, reason }) => `${text}\n${reason}`);
  return [...groups.values()].map((same) => {
    const [{ text, reason } = { text: "", reason: "" }] = same;
    const cases = listed(
      same.map(({ outcome }) => outcome),
      all,
    );
    return `${text} ${cases}: ${reason.replace(/\.$/u, "")}.`;
  });
}

/** Returns lines with the cases of the benchmark that no run was asked for. */
export function neverAskedFor(
  outcomes: readonly Outcome[],
  all: readonly Case[] = EVERY_CASE,
): readonly string[] {
  const asked = new Set(outcomes.map(keyOf));
  const others = all.filter((one) => !asked.has(keyOf(one)));
  return others.length === 0 ? [] : [`No run was asked for ${listed(others, all)}.`];
}

/** Names cases, such as `growth on redis (T = 800, T = 1000); save`. Without a size or backend, it is all of them. */
function listed(cases: readonly Case[], all: readonly Case[]): string {
  const known = Map.groupBy(all, titleOf);
  return [...Map.groupBy(cases, titleOf)]
    .map(([title, own]) => {
      const backendsOfAll = Map.groupBy(known.get(title) ?? [], ({ backend }) => backend);
      const named = [...Map.groupBy(own, ({ backend }) => backend)].map(([backend, same]) => {
        const missing = (backendsOfAll.get(backend) ?? []).filter(
          (one) => !same.some((other) => keyOf(other) === keyOf(one)),
        );
        const isWhole = missing.length === 0 && backendsOfAll.has(backend);
        return { backend, sizes: isWhole ? "" : ` (${same.map(({ case: name }) => name).join(", ")})` };
      });
      const isWhole = named.length === backendsOfAll.size && named.every(({ sizes }) => sizes === "");
      return isWhole ? title : `${title} on ${backendNames(named)}`;
    })
    .join("; ");
}

interface Named {
  readonly backend: string;
  readonly sizes: string;
}

function backendNames(named: readonly Named[]): string {
  return [...Map.groupBy(named, ({ sizes }) => sizes)]
    .map(
      ([sizes, same]) => `${same.map(({ backend }) => backend).join(sizes === "" ? ", " : " and ")}${sizes}`,
    )
    .join(", ");
}

function titleOf({ workload, group }: Case): string {
  return `${workload}${group === "peers" ? " with other libraries" : ""}`;
}
