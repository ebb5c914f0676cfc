import { cases } from "../cases/index.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Harness } from "./harness.ts";
import { type DatedFailure, knownFailuresOf, runDespite } from "./known-failures.ts";
import { missingCapabilities, runCase, runnerTimeoutMs } from "./run-case.ts";
import { selectedCases, type Selection } from "./selection.ts";

/**
 * The functions of a test runner that the suite needs. Those of `node:test` and Vitest (with `afterAll` as `after`) fit
 * as they are. README.md shows the code for Jest, Mocha and Bun.
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

/** Registers all cases, or a selection of them, as tests of the runner. Each section and tier becomes a test suite. */
export function register(harness: Harness, { describe, it, after }: Runner, selection: Selection = {}): void {
  const knownFailures = knownFailuresOf(harness, cases);
  const selected = selectedCases(selection);
  const exercised = selected.filter((each) => missingCapabilities(harness, each).length === 0);
  const ran = new Set<ConformanceCase>();
  let mustRunAll = false;
  const suites = Map.groupBy(selected, ({ section, tier }) => `${section} (${tier})`);
  for (const [title, members] of suites) describe(title, () => members.forEach(registerCase));
  describe("All cases", () => {
    // A run that selects some tests by their titles does not include this one.
    it("[all] no case is left out", { timeout: 60_000 }, async () => {
      mustRunAll = true;
    });
  });
  after(() => {
    if (ran.size === 0) throw new Error(`No case ran for ${harness.name}, so nothing is proved.`);
    const leftOut = exercised.filter((each) => !ran.has(each)).map(({ id }) => id);
    if (mustRunAll && leftOut.length > 0)
      throw new Error(`Cases did not run for ${harness.name}: ${leftOut.join(", ")}.`);
  });

  function registerCase(conformanceCase: ConformanceCase): void {
    const title = `[${conformanceCase.id}] ${conformanceCase.title}`;
    const timeout = runnerTimeoutMs(harness, conformanceCase);
    const missing = missingCapabilities(harness, conformanceCase);
    if (missing.length > 0) {
      const reason = `not exercised: the harness lacks ${missing.join(" and ")}`;
      it(`${title} (${reason})`, { timeout, skip: true }, () => Promise.reject(new Error(reason)));
      return;
    }
    const knownFailure = knownFailures.get(conformanceCase.id);
    const run = (): Promise<void> => {
      ran.add(conformanceCase);
      return runCase(harness, conformanceCase);
    };
    if (knownFailure === undefined) it(title, { timeout }, run);
    else it(`${title} (${noteOn(knownFailure)})`, { timeout }, () => runDespite(knownFailure, run));
  }
}

function noteOn({ until, reason, hasExpired }: DatedFailure): string {
  return hasExpired
    ? `its known failure expired on ${until}: ${reason}`
    : `known failure until ${until}: ${reason}`;
}
