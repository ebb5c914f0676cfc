import type { CaseResult } from "../suite/report.ts";
import type { Report } from "../suite/report.ts";

/** Returns a shell command that runs the failed case again. */
export function reproductionOf(
  harness: string,
  { effort }: Pick<Report, "effort">,
  { case: id, tier, seed }: CaseResult,
): string {
  // Cases of the other tiers depend on timing, so a single run may pass.
  const repeat = tier === "core" || tier === "hygiene" ? [] : ["--repeat", "20"];
  const words = ["--case", id, "--seed", String(seed), "--effort", effort, ...repeat];
  return ["npx", "threadstore-conformance", quoted(harness), ...words].join(" ");
}

/** A report in which each failure includes the command that reproduces it. */
export type ReproducibleReport = Omit<Report, "results"> & {
  readonly results: readonly (CaseResult & { readonly reproduction?: string })[];
};

export function withReproductions(report: Report, harness: string): ReproducibleReport {
  const results = report.results.map((each) =>
    each.status === "failed" ? { ...each, reproduction: reproductionOf(harness, report, each) } : each,
  );
  return { ...report, results };
}

/** Quotes text as one word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./@:+-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
