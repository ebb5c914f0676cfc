import { cases } from "../cases/index.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Harness } from "./harness.ts";
import { type DatedFailure, knownFailuresOf, runDespite } from "./known-failures.ts";
import type { CaseResult, Report } from "./report.ts";
import { missingCapabilities, runCase } from "./run-case.ts";
import { selectedCases, type Selection } from "./selection.ts";
import { type SuiteOptions, suiteSettings, type SuiteSettings } from "./settings.ts";
import { tierVerdicts } from "./tier-verdicts.ts";

export interface RunOptions extends SuiteOptions, Selection {
  /**
   * How often each case runs, each time with the next seed, unless it fails before: for failures that are rare.
   * @default 1
   */
  readonly repeat?: number;
  /** Called before each case. */
  readonly onStart?: (conformanceCase: ConformanceCase) => void;
  /** Called before each run of a case, with its number from 1 on. */
  readonly onRun?: (conformanceCase: ConformanceCase, run: number) => void;
  /** Called after each case. */
  readonly onResult?: (result: CaseResult) => void;
}

/** Runs the cases one after another, without a test runner. Throws `TypeError` for unknown cases and known failures. */
export async function run(harness: Harness, options: RunOptions = {}): Promise<Report> {
  const knownFailures = knownFailuresOf(harness, cases);
  const settings = suiteSettings(options);
  const results: CaseResult[] = [];
  for (const each of selectedCases(options)) {
    options.onStart?.(each);
    const result = await resultOf(harness, each, {
      knownFailure: knownFailures.get(each.id),
      repeat: options.repeat ?? 1,
      settings,
      onRun: (number) => options.onRun?.(each, number),
    });
    results.push(result);
    options.onResult?.(result);
  }
  const counts = { passed: 0, failed: 0, "known-failure": 0, "not-exercised": 0 };
  for (const { status } of results) counts[status] += 1;
  const failed = results.filter(({ status }) => status === "failed");
  return {
    harness: harness.name,
    effort: settings.effort,
    ok: counts.failed === 0 && counts.passed > 0,
    counts,
    tiers: tierVerdicts(results),
    brokenClauses: [...new Set(failed.flatMap(({ clauses }) => clauses))].toSorted(),
    results,
  };
}

interface CaseRunOptions {
  readonly knownFailure: DatedFailure | undefined;
  readonly repeat: number;
  readonly settings: SuiteSettings;
  readonly onRun: (run: number) => void;
}

async function resultOf(
  harness: Harness,
  each: ConformanceCase,
  options: CaseRunOptions,
): Promise<CaseResult> {
  const started = performance.now();
  const { runs, ...statusAndMessage } = await runRepeatedly(harness, each, options);
  const milliseconds = Math.round(performance.now() - started);
  const { id, title, section, tier, clauses, layer } = each;
  const seed = seedOf(options.settings, Math.max(runs, 1));
  return { case: id, title, section, tier, layer, clauses, ...statusAndMessage, runs, seed, milliseconds };
}

async function runRepeatedly(
  harness: Harness,
  each: ConformanceCase,
  { knownFailure, repeat, settings, onRun }: CaseRunOptions,
): Promise<Pick<CaseResult, "status" | "runs" | "message">> {
  const missing = missingCapabilities(harness, each);
  if (missing.length > 0) {
    return { status: "not-exercised", message: `The harness lacks ${missing.join(" and ")}.`, runs: 0 };
  }
  let runs = 0;
  const runAll = async (): Promise<void> => {
    while (runs < repeat) {
      runs += 1;
      onRun(runs);
      await runCase(harness, each, { ...settings, seed: seedOf(settings, runs) });
    }
  };
  try {
    if (knownFailure === undefined) await runAll();
    else await runDespite(knownFailure, runAll);
  } catch (error) {
    return { status: "failed", message: error instanceof Error ? error.message : String(error), runs };
  }
  return knownFailure === undefined || knownFailure.hasExpired
    ? { status: "passed", runs }
    : { status: "known-failure", message: knownFailure.reason, runs };
}

/** Returns the seed of the nth run of a case. */
function seedOf({ seed }: SuiteSettings, nth: number): number {
  return seed + nth - 1;
}
