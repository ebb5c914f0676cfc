import type { ReproducibleReport } from "./reproduction.ts";
import { notExercised, sectionRows, tierRows } from "./summary.ts";

/** Returns the report as a Markdown page that can be published together with the store. */
export function markdownOf(report: ReproducibleReport): string {
  const { harness, results, brokenClauses } = report;
  const parts = [`# Conformance of ${cell(harness)}`, table(tierRows(report))];
  const failed = results.filter(({ status }) => status === "failed");
  if (failed.length > 0) {
    parts.push(`Broken clauses: ${brokenClauses.join(", ")}.`);
    const rows = failed.map(({ case: id, title, clauses, message = "", reproduction = "" }) => [
      cell(id),
      cell(title),
      clauses.join(", "),
      cell(message),
      `\`${reproduction.replaceAll("|", String.raw`\|`)}\``,
    ]);
    parts.push(table([["Failed", "Title", "Clauses", "Message", "Reproduce"], ...rows]));
  }
  const knownFailures = results.filter(({ status }) => status === "known-failure");
  if (knownFailures.length > 0) {
    const rows = knownFailures.map(({ case: id, title, clauses, message = "" }) => [
      id,
      cell(title),
      clauses.join(", "),
      cell(message),
    ]);
    parts.push(table([["Known failure", "Title", "Clauses", "Reason"], ...rows]));
  }
  parts.push(...notExercised(results).map(([reason, ids]) => `${reason} ${ids.join(", ")}.`));
  parts.push(table(sectionRows(results)));
  return `${parts.join("\n\n")}\n`;
}

function table([header = [], ...rows]: readonly (readonly string[])[]): string {
  return [line(header), `|${" --- |".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Escapes text so that it does not end its table cell and is not interpreted as markup. */
function cell(text: string): string {
  return text.replaceAll(/[\\|<>*_`[\]]/gu, String.raw`\$&`).replaceAll(/\s+/gu, " ");
}
