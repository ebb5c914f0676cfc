import { tiers } from "../conformance-case.ts";
import type { Report } from "../execution/report.ts";
import { sectionRows } from "./summary.ts";

/** A report as a page, to be kept beside the store. */
export function markdownOf({ harness, tiers: verdicts, results, brokenClauses }: Report): string {
  const notable = results.filter(({ status }) => status !== "passed");
  const parts = [
    `# Conformance of ${cell(harness)}`,
    table([["Tier", "Verdict"], ...tiers.map((tier) => [tier, verdicts[tier]])]),
    table(sectionRows(results)),
  ];
  if (brokenClauses.length > 0) parts.push(`Broken clauses: ${brokenClauses.join(", ")}.`);
  if (notable.length > 0) {
    const rows = notable.map(({ case: id, status, title, clauses, message = "" }) => [
      id,
      status,
      title,
      clauses.join(", "),
      message,
    ]);
    parts.push(table([["Case", "Status", "Promise", "Clauses", "What happened"], ...rows]));
  }
  return `${parts.join("\n\n")}\n`;
}

function table([header = [], ...rows]: readonly (readonly string[])[]): string {
  return [line(header), `|${" --- |".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(" | ")} |`;
}

/** Text that neither ends its cell nor is taken for markup. */
function cell(text: string): string {
  return text.replaceAll(/[\\|<>*_`[\]]/gu, String.raw`\$&`).replaceAll(/\s+/gu, " ");
}
