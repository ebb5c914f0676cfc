import { cases } from "../cases/index.ts";
import type { Clause, ConformanceCase, Tier } from "../conformance-case.ts";
import type { Harness, Waiver } from "../harness.ts";
import { missingPowers, runCase } from "./run-case.ts";
import { expectFailure, waiversOf } from "./waivers.ts";

/** `waived`: failed as its waiver says. `not-exercised`: the harness lacks a power. Neither is a pass. */
export type CaseStatus = "passed" | "failed" | "waived" | "not-exercised";

export interface CaseResult {
  readonly case: string;
  readonly title: string;
  readonly tier: Tier;
  readonly clauses: readonly Clause[];
  readonly status: CaseStatus;
  /** What was promised and what happened; or why the case was waived or not exercised. */
  readonly message?: string;
  readonly milliseconds: number;
}

/** What a run found, as data that JSON can hold. */
export interface Report {
  readonly harness: string;
  /** Whether at least one case ran and none failed. */
  readonly ok: boolean;
  readonly counts: Readonly<Record<CaseStatus, number>>;
  /** The clauses that failed cases name. */
  readonly brokenClauses: readonly Clause[];
  readonly results: readonly CaseResult[];
}

export interface RunOptions {
  /** @default all */
  readonly tiers?: readonly Tier[];
  /** Ids of cases. @default all */
  readonly cases?: readonly string[];
  /** Called after each case. */
  readonly onResult?: (result: CaseResult) => void;
}

/** Runs the cases one after the other, without a test runner. Throws a `TypeError` for a case that does not exist. */
export async function run(harness: Harness, options: RunOptions = {}): Promise<Report> {
  const waivers = waiversOf(harness, cases);
  const results: CaseResult[] = [];
  for (const each of selected(options)) {
    const result = await resultOf(harness, each, waivers.get(each.id));
    results.push(result);
    options.onResult?.(result);
  }
  const counts = { passed: 0, failed: 0, waived: 0, "not-exercised": 0 };
  for (const { status } of results) counts[status] += 1;
  const failed = results.filter(({ status }) => status === "failed");
  return {
    harness: harness.name,
    ok: counts.failed === 0 && counts.passed > 0,
    counts,
    brokenClauses: [...new Set(failed.flatMap(({ clauses }) => clauses))].toSorted(),
    results,
  };
}

function selected({ tiers, cases: ids }: RunOptions): ConformanceCase[] {
  const unknown = ids?.filter((id) => !cases.some((each) => each.id === id)) ?? [];
  if (unknown.length > 0) throw new TypeError(`There is no case ${unknown.join(", ")}.`);
  return cases.filter(({ id, tier }) => (ids?.includes(id) ?? true) && (tiers?.includes(tier) ?? true));
}

async function resultOf(
  harness: Harness,
  each: ConformanceCase,
  waiver: Waiver | undefined,
): Promise<CaseResult> {
  const started = performance.now();
  const { status, message } = await statusOf(harness, each, waiver);
  const milliseconds = Math.round(performance.now() - started);
  const { id, title, tier, clauses } = each;
  return {
    case: id,
    title,
    tier,
    clauses,
    status,
    ...(message === undefined ? {} : { message }),
    milliseconds,
  };
}

async function statusOf(
  harness: Harness,
  each: ConformanceCase,
  waiver: Waiver | undefined,
): Promise<{ status: CaseStatus; message?: string }> {
  const missing = missingPowers(harness, each);
  if (missing.length > 0)
    return { status: "not-exercised", message: `The harness lacks ${missing.join(" and ")}.` };
  try {
    if (waiver === undefined) await runCase(harness, each);
    else await expectFailure(waiver, () => runCase(harness, each));
  } catch (error) {
    return { status: "failed", message: error instanceof Error ? error.message : String(error) };
  }
  return waiver === undefined ? { status: "passed" } : { status: "waived", message: waiver.reason };
}
