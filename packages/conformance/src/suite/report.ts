import { cases } from "../cases/index.ts";
import type { CaseResult, CaseStatus } from "./case-result.ts";
import type { Clause, ConformanceCase, Tier } from "./conformance-case.ts";
import type { Harness, Waiver } from "./harness.ts";
import { expectFailure, waiversOf } from "./known-failures.ts";
import { missingPowers, runCase } from "./run-case.ts";
import { selectedCases, type Selection } from "./selection.ts";
import { type Effort, type SuiteOptions, suiteSettings, type SuiteSettings } from "./settings.ts";
import { type TierVerdict, tierVerdicts } from "./tier-verdicts.ts";

/** The result of a run, as JSON data. */
export interface Report {
  readonly harness: string;
  readonly effort: Effort;
  /** Whether at least one case ran and none failed. */
  readonly ok: boolean;
  readonly counts: Readonly<Record<CaseStatus, number>>;
  readonly tiers: Readonly<Record<Tier, TierVerdict>>;
  /** The clauses that failed cases name. */
  readonly brokenClauses: readonly Clause[];
  readonly results: readonly CaseResult[];
}

export interface RunOptions extends SuiteOptions, Selection {
  /**
   * How often each case is run, each time with the next seed, or until it fails: to find what goes wrong rarely.
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

/** Runs the cases one after the other, without a test runner. Throws a `TypeError` for a case that does not exist. */
export async function run(harness: Harness, options: RunOptions = {}): Promise<Report> {
  const waivers = waiversOf(harness, cases);
  const settings = suiteSettings(options);
  const results: CaseResult[] = [];
  for (const each of selectedCases(options)) {
    options.onStart?.(each);
    const result = await resultOf(harness, each, {
      waiver: waivers.get(each.id),
      repeat: options.repeat ?? 1,
      settings,
      onRun: (number) => options.onRun?.(each, number),
    });
    results.push(result);
    options.onResult?.(result);
  }
  const counts = { passed: 0, failed: 0, waived: 0, "not-exercised": 0 };
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

/** How a case is run. */
interface Terms {
  readonly waiver: Waiver | undefined;
  readonly repeat: number;
  readonly settings: SuiteSettings;
  readonly onRun: (run: number) => void;
}

async function resultOf(harness: Harness, each: ConformanceCase, terms: Terms): Promise<CaseResult> {
  const started = performance.now();
  const { status, message, runs } = await findingOf(harness, each, terms);
  const milliseconds = Math.round(performance.now() - started);
  const { id, title, section, tier, clauses } = each;
  const told = message === undefined ? {} : { message };
  const seed = seedOf(terms.settings, Math.max(runs, 1));
  return { case: id, title, section, tier, clauses, status, ...told, runs, seed, milliseconds };
}

type Finding = Pick<CaseResult, "status" | "runs" | "message">;

async function findingOf(
  harness: Harness,
  each: ConformanceCase,
  { waiver, repeat, settings, onRun }: Terms,
): Promise<Finding> {
  const missing = missingPowers(harness, each);
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
    if (waiver === undefined) await runAll();
    else await expectFailure(waiver, runAll);
  } catch (error) {
    return { status: "failed", message: error instanceof Error ? error.message : String(error), runs };
  }
  return waiver === undefined
    ? { status: "passed", runs }
    : { status: "waived", message: waiver.reason, runs };
}

/** Each run of a case makes other random calls. */
function seedOf({ seed }: SuiteSettings, nth: number): number {
  return seed + nth - 1;
}
