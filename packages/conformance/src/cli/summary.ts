import { tiers } from "../suite/conformance-case.ts";
import type { CaseResult, CaseStatus, TierVerdict } from "../suite/report.ts";
import { STATUS_STYLES } from "./progress.ts";
import type { ReproducibleReport } from "./reproduction.ts";
import { alignedColumns, type Paint, type Style } from "./terminal.ts";

const STATUSES: readonly CaseStatus[] = ["passed", "failed", "known-failure", "not-exercised"];

const BADGES: Readonly<Record<TierVerdict, { readonly text: string; readonly style: Style }>> = {
  passed: { text: "✓ passed", style: "green" },
  failed: { text: "✗ failed", style: "red" },
  "known-failures": { text: "! known failures", style: "yellow" },
  partial: { text: "~ partial", style: "yellow" },
  "not-run": { text: "- not run", style: "dim" },
};

type Result = ReproducibleReport["results"][number];

/** Returns the report as text for a terminal. Failures come first and the conclusion comes last. */
export function summaryOf(report: ReproducibleReport, paint: Paint): string {
  const { harness, results, brokenClauses } = report;
  const lines = ["", paint("bold", harness)];
  for (const status of ["failed", "known-failure"] as const) {
    const matching = results.filter((each) => each.status === status);
    lines.push(
      ...matching.flatMap((each) => ["", ...linesOf(each, paint(STATUS_STYLES[status], labelOf(status)))]),
    );
  }
  const unexercised = notExercised(results).map(
    ([reason, ids]) => `${paint("dim", reason)} ${ids.join(", ")}`,
  );
  lines.push("", ...table(sectionRows(results), paint));
  if (unexercised.length > 0) lines.push("", ...unexercised);
  if (brokenClauses.length > 0) lines.push("", `Broken clauses: ${paint("red", brokenClauses.join(", "))}`);
  const [header = "", ...rows] = table(tierRows(report), paint);
  const painted = rows.map((row, index) => paintBadge(row, report.tiers[tiers[index] ?? "core"], paint));
  lines.push("", header, ...painted, "", conclusionOf(report, paint), "");
  return lines.join("\n");
}

/** Returns table rows that count the cases of each section by status: a header first, the totals last. */
export function sectionRows(results: readonly CaseResult[]): string[][] {
  const sections = Map.groupBy(results, ({ section }) => section);
  return [
    ["Section", ...STATUSES.map(labelOf)],
    ...[...sections].map(([name, members]) => [name, ...countsOf(members)]),
    ["All", ...countsOf(results)],
  ];
}

/** Returns table rows with each tier's badge, its cases by status and its duration, after a header. */
export function tierRows({ tiers: verdicts, results }: ReproducibleReport): string[][] {
  const header = ["Tier", "Badge", ...STATUSES.map(labelOf), "seconds"];
  const rows = tiers.map((tier) => {
    const members = results.filter((each) => each.tier === tier);
    const milliseconds = members.reduce((sum, each) => sum + each.milliseconds, 0);
    return [tier, BADGES[verdicts[tier]].text, ...countsOf(members), (milliseconds / 1000).toFixed(1)];
  });
  return [header, ...rows];
}

/** Groups the cases that were not exercised by the capabilities that the harness lacks. */
export function notExercised(results: readonly CaseResult[]): [reason: string, ids: string[]][] {
  const unexercised = results.filter(({ status }) => status === "not-exercised");
  const groups = Map.groupBy(unexercised, ({ message = "" }) => message);
  return [...groups].map(([message, members]) => [
    `Not exercised. ${message}`,
    members.map((each) => each.case),
  ]);
}

function labelOf(status: CaseStatus): string {
  return status.replace("-", " ");
}

function countsOf(results: readonly CaseResult[]): string[] {
  return STATUSES.map((status) => String(results.filter((each) => each.status === status).length));
}

function table(rows: readonly (readonly string[])[], paint: Paint): string[] {
  const [header = "", ...lines] = alignedColumns(rows);
  return [paint("dim", header), ...lines];
}

function paintBadge(row: string, verdict: TierVerdict, paint: Paint): string {
  const { text, style } = BADGES[verdict];
  return row.replace(text, paint(style, text));
}

function linesOf(
  { case: id, title, clauses, message, runs, reproduction }: Result,
  status: string,
): string[] {
  const run = runs > 1 ? `, in run ${runs}` : "";
  return [
    `${status}  ${id}  ${title} (${clauses.join(", ")}${run})`,
    ...(message === undefined ? [] : [indented(message)]),
    ...(reproduction === undefined ? [] : [`  Reproduce: ${reproduction}`]),
  ];
}

function indented(text: string): string {
  return text.replaceAll(/^/gmu, "  ");
}

function conclusionOf({ ok, counts }: ReproducibleReport, paint: Paint): string {
  const known = counts["known-failure"];
  if (ok && known > 0)
    return paint(
      "yellow",
      `Every other case that ran passed, but ${known} known to fail still ${known === 1 ? "does" : "do"}.`,
    );
  if (ok) return paint("green", "Every case that ran passed.");
  return paint(
    "red",
    counts.failed > 0 ? "The store violates the contract." : "No case passed, so this run proves nothing.",
  );
}
