import { tiers } from "../suite/conformance-case.ts";
import type { CaseResult, CaseStatus } from "../suite/report.ts";
import type { TierVerdict } from "../suite/tier-verdicts.ts";
import { statusStyles } from "./progress.ts";
import type { ReproducibleReport } from "./reproduction.ts";
import { columns, type Paint, type Style } from "./terminal.ts";

const statuses: readonly CaseStatus[] = ["passed", "failed", "waived", "not-exercised"];

const badges: Readonly<Record<TierVerdict, { readonly text: string; readonly style: Style }>> = {
  passed: { text: "✓ passed", style: "green" },
  failed: { text: "✗ failed", style: "red" },
  waived: { text: "! waived", style: "yellow" },
  partial: { text: "~ partial", style: "yellow" },
  "not-run": { text: "- not run", style: "dim" },
};

type Result = ReproducibleReport["results"][number];

/** A report for people: first what is wrong, last what it comes to. */
export function summaryOf(report: ReproducibleReport, paint: Paint): string {
  const { harness, results, brokenClauses } = report;
  const lines = ["", paint("bold", harness)];
  for (const status of ["failed", "waived"] as const) {
    const those = results.filter((each) => each.status === status);
    lines.push(...those.flatMap((each) => ["", ...linesOf(each, paint(statusStyles[status], status))]));
  }
  const unexercised = notExercised(results).map(([why, ids]) => `${paint("dim", why)} ${ids.join(", ")}`);
  lines.push("", ...table(sectionRows(results), paint));
  if (unexercised.length > 0) lines.push("", ...unexercised);
  if (brokenClauses.length > 0) lines.push("", `Broken clauses: ${paint("red", brokenClauses.join(", "))}`);
  const [header = "", ...rows] = table(tierRows(report), paint);
  const painted = rows.map((row, index) => paintBadge(row, report.tiers[tiers[index] ?? "core"], paint));
  lines.push("", header, ...painted, "", conclusionOf(report, paint), "");
  return lines.join("\n");
}

/** How many cases of each section came out how, its heading first and all sections together last. */
export function sectionRows(results: readonly CaseResult[]): string[][] {
  const sections = Map.groupBy(results, ({ section }) => section);
  return [
    ["Section", ...statuses.map((status) => status.replace("-", " "))],
    ...[...sections].map(([name, members]) => [name, ...countsOf(members)]),
    ["All", ...countsOf(results)],
  ];
}

/** The badge of each tier, and what it is made of. */
export function tierRows({ tiers: verdicts, results }: ReproducibleReport): string[][] {
  const header = ["Tier", "Badge", ...statuses.map((status) => status.replace("-", " ")), "seconds"];
  const rows = tiers.map((tier) => {
    const members = results.filter((each) => each.tier === tier);
    const milliseconds = members.reduce((sum, each) => sum + each.milliseconds, 0);
    return [tier, badges[verdicts[tier]].text, ...countsOf(members), (milliseconds / 1000).toFixed(1)];
  });
  return [header, ...rows];
}

/** The cases that lacked the same powers, by what they lacked. */
export function notExercised(results: readonly CaseResult[]): [why: string, ids: string[]][] {
  const those = results.filter(({ status }) => status === "not-exercised");
  const groups = Map.groupBy(those, ({ message = "" }) => message);
  return [...groups].map(([message, members]) => [
    `Not exercised. ${message}`,
    members.map((each) => each.case),
  ]);
}

function countsOf(results: readonly CaseResult[]): string[] {
  return statuses.map((status) => String(results.filter((each) => each.status === status).length));
}

function table(rows: readonly (readonly string[])[], paint: Paint): string[] {
  const [header = "", ...lines] = columns(rows);
  return [paint("dim", header), ...lines];
}

function paintBadge(row: string, verdict: TierVerdict, paint: Paint): string {
  const { text, style } = badges[verdict];
  return row.replace(text, paint(style, text));
}

function linesOf(
  { case: id, title, clauses, message, runs, reproduction }: Result,
  status: string,
): string[] {
  const times = runs > 1 ? `, at run ${runs}` : "";
  return [
    `${status}  ${id}  ${title} (${clauses.join(", ")}${times})`,
    ...(message === undefined ? [] : [indented(message)]),
    ...(reproduction === undefined ? [] : [`  Again: ${reproduction}`]),
  ];
}

function indented(text: string): string {
  return text.replaceAll(/^/gmu, "  ");
}

function conclusionOf({ ok, counts }: ReproducibleReport, paint: Paint): string {
  if (ok) return paint("green", "Every case that ran keeps its promise.");
  return paint(
    "red",
    counts.failed > 0
      ? "The store does not keep the contract."
      : "Not one case ran and passed: nothing is proved.",
  );
}
