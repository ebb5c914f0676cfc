import type { CaseResult, Report } from "../suite/report.ts";

/** What makes the case fail again, to be copied into a shell. */
export function reproductionOf(
  harness: string,
  { effort }: Pick<Report, "effort">,
  { case: id, tier, seed }: CaseResult,
): string {
  // What depends on who comes first does not come each time.
  const repeat = tier === "core" || tier === "hygiene" ? [] : ["--repeat", "20"];
  const words = ["--case", id, "--seed", String(seed), "--effort", effort, ...repeat];
  return ["npx", "threadstore-conformance", quoted(harness), ...words].join(" ");
}

/** A report of which each failure says how to see it again. */
export type ReproducibleReport = Omit<Report, "results"> & {
  readonly results: readonly (CaseResult & { readonly reproduction?: string })[];
};

export function withReproductions(report: Report, harness: string): ReproducibleReport {
  const results = report.results.map((each) =>
    each.status === "failed" ? { ...each, reproduction: reproductionOf(harness, report, each) } : each,
  );
  return { ...report, results };
}

/** A word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./@:+-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
