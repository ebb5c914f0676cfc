import { cases } from "../cases/index.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Harness } from "./harness.ts";
import { expectFailure, waiversOf } from "./known-failures.ts";
import { runnerTimeoutMs, missingPowers, runCase } from "./run-case.ts";
import { selectedCases, type Selection } from "./selection.ts";

/**
 * The functions of a test runner that the suite needs: those of Vitest (`after` is its `afterAll`) and of
 * `node:test` as they are; README.md has the lines for Jest, Mocha and Bun.
 */
export interface Runner {
  readonly describe: (title: string, body: () => void) => unknown;
  /** `timeout` is in milliseconds. */
  readonly it: (
    title: string,
    options: { timeout: number; skip?: boolean },
    run: () => Promise<void>,
  ) => unknown;
  readonly after: (check: () => void) => unknown;
}

/** Registers every case as a test of the runner, or those of a selection. Each section and tier is one suite. */
export function register(harness: Harness, { describe, it, after }: Runner, selection: Selection = {}): void {
  const waivers = waiversOf(harness, cases);
  const selected = selectedCases(selection);
  const due = selected.filter((each) => missingPowers(harness, each).length === 0);
  const ran = new Set<ConformanceCase>();
  let isWholeRun = false;
  const suites = Map.groupBy(selected, ({ section, tier }) => `${section} (${tier})`);
  for (const [title, members] of suites) describe(title, () => members.forEach(registerCase));
  describe("All cases", () => {
    // A run that selects some tests by their titles does not include this one.
    it(`[all] no case that is due is left out`, { timeout: 60_000 }, async () => {
      isWholeRun = true;
    });
  });
  after(() => {
    if (ran.size === 0) throw new Error(`Not one case ran on ${harness.name}: nothing is proved.`);
    const leftOut = due.filter((each) => !ran.has(each)).map(({ id }) => id);
    if (isWholeRun && leftOut.length > 0)
      throw new Error(`Cases that are due on ${harness.name} did not run: ${leftOut.join(", ")}.`);
  });

  function registerCase(conformanceCase: ConformanceCase): void {
    const title = `[${conformanceCase.id}] ${conformanceCase.title}`;
    const timeout = runnerTimeoutMs(harness, conformanceCase);
    const missing = missingPowers(harness, conformanceCase);
    if (missing.length > 0) {
      const why = `not exercised: the harness lacks ${missing.join(" and ")}`;
      it(`${title} (${why})`, { timeout, skip: true }, () => Promise.reject(new Error(why)));
      return;
    }
    const waiver = waivers.get(conformanceCase.id);
    const run = (): Promise<void> => {
      ran.add(conformanceCase);
      return runCase(harness, conformanceCase);
    };
    if (waiver === undefined) it(title, { timeout }, run);
    else
      it(`${title} (waived until ${waiver.until}: ${waiver.reason})`, { timeout }, () =>
        expectFailure(waiver, run),
      );
  }
}
