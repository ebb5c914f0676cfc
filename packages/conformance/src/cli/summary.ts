import { tiers } from "../conformance-case.ts";
import type { CaseResult, CaseStatus, Report } from "../execution/report.ts";
import { statusStyles } from "./progress.ts";
import { columns, type Paint, type Style } from "./terminal.ts";
import type { TierVerdict } from "../execution/tier-verdicts.ts";

export const statuses: readonly CaseStatus[] = ["passed", "failed", "waived", "not-exercised"];

const verdictStyles: Readonly<Record<TierVerdict, Style>> = {
  passed: "green",
  failed: "red",
  waived: "yellow",
  partial: "yellow",
  "not-run": "dim",
};

/** A report for people. */
export function summaryOf(report: Report, paint: Paint): string {
  const { harness, results, brokenClauses } = report;
  const [header = "", ...rows] = columns(sectionRows(results));
  const lines = ["", paint("bold", harness), paint("dim", header), ...rows];
  for (const status of ["failed", "waived", "not-exercised"] as const) {
    const those = results.filter((each) => each.status === status);
    if (those.length > 0)
      lines.push("", ...those.flatMap((each) => linesOf(each, paint(statusStyles[status], status))));
  }
  if (brokenClauses.length > 0) lines.push("", `Broken clauses: ${paint("red", brokenClauses.join(", "))}`);
  const verdicts = tiers.map(
    (tier) => `${tier} ${paint(verdictStyles[report.tiers[tier]], report.tiers[tier])}`,
  );
  lines.push("", `Tiers: ${verdicts.join(", ")}`, conclusionOf(report, paint), "");
  return lines.join("\n");
}

/** How many cases of each section came out how, its heading first and all sections together last. */
export function sectionRows(results: readonly CaseResult[]): string[][] {
  const sections = Map.groupBy(results, ({ section }) => section);
  const row = (name: string, members: readonly CaseResult[]): string[] => [
    name,
    ...statuses.map((status) => String(members.filter((each) => each.status === status).length)),
  ];
  return [
    ["Section", ...statuses.map((status) => status.replace("-", " "))],
    ...[...sections].map(([name, members]) => row(name, members)),
    row("All", results),
  ];
}

function linesOf({ case: id, title, clauses, message, runs }: CaseResult, status: string): string[] {
  const times = runs > 1 ? `, at run ${runs}` : "";
  return [
    `${status}  ${id}  ${title} (${clauses.join(", ")}${times})`,
    ...(message === undefined ? [] : [`  ${message}`]),
  ];
}

function conclusionOf({ ok, counts }: Report, paint: Paint): string {
  if (ok) return paint("green", "Every case that ran keeps its promise.");
  return paint(
    "red",
    counts.failed > 0
      ? "The store does not keep the contract."
      : "Not one case ran and passed: nothing is proved.",
  );
}
