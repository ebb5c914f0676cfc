import { ThreadStoreError } from "@threadstore/core";
import { afterAll, describe, expect, it } from "vitest";
import { cases, type Harness, register, run, type Selection } from "../../src/index.ts";
import { section } from "../../src/suite/conformance-case.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { withBug } from "../mutants/mutant.ts";
import { plainHarness } from "../stores/plain/plain-harness.ts";

const tomorrow = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 10);
const nullLoader = (): Harness =>
  withBug("null", (inner) => ({ load: async (id) => (await inner.load(id)) ?? (null as never) }));

function withoutCapabilities(harness: Harness): Harness {
  return {
    name: harness.name,
    open: (...parameters) => harness.open(...parameters),
    destroy: (location) => harness.destroy(location),
  };
}

/** Registers the suite with a fake runner. */
function registered(harness: Harness, selection?: Selection) {
  const tests = new Map<string, { timeout: number; skip?: boolean; run: () => Promise<void> }>();
  const suites: string[] = [];
  const checks: (() => void)[] = [];
  register(
    harness,
    {
      describe: (title, body) => {
        suites.push(title);
        body();
      },
      it: (title, options, body) => tests.set(title, { ...options, run: body }),
      after: (check) => checks.push(check),
    },
    selection,
  );
  const find = (id: string) => {
    const entry = [...tests].find(([title]) => title.startsWith(`[${id}]`));
    if (entry === undefined) throw new Error(`No test of ${id}.`);
    return { title: entry[0], ...entry[1] };
  };
  return { tests, suites, checks, find };
}

function caseThat(body: Parameters<typeof section>[1][number]["run"], timeoutMs = 1000) {
  const [only] = section("Test", [
    { id: "Z9-9", title: "the title of the case", clauses: [], timeoutMs, run: body },
  ]);
  if (only === undefined) throw new Error("No case.");
  return only;
}

describe("register", () => {
  it("registers a test for every case, with its id first and a limit above the case's own", () => {
    const { tests, suites, find } = registered(plainHarness());
    expect([...tests.keys()].map((title) => /^\[(.+?)\] \S/u.exec(title)?.[1])).toEqual([
      ...cases.map(({ id }) => id),
      "all",
    ]);
    expect(new Set(suites).size).toBe(suites.length);
    const { timeout } = find("C2-3");
    expect(timeout).toBeGreaterThan(cases.find(({ id }) => id === "C2-3")?.timeoutMs ?? Infinity);
    expect(registered({ ...plainHarness(), timeoutFactor: 10 }).find("C2-3").timeout).toBeGreaterThan(
      5 * timeout,
    );
  });

  it("skips cases whose capability the harness lacks, and says so in the title", async () => {
    const { find } = registered(withoutCapabilities(plainHarness()));
    const { title, skip, run: body } = find("E2-1");
    expect(skip).toBe(true);
    expect(title).toMatch(/\(not exercised: the harness lacks rewrite\)$/u);
    await expect(body()).rejects.toThrow("lacks rewrite");
    expect(registered(plainHarness()).find("E2-1").skip).toBeUndefined();
  });

  it("registers a selection of cases, none of which may be left out", async () => {
    const selection: Selection = { tiers: ["core"], cases: ["E1-1", "E3-2", "C4-1"] };
    const { tests, checks, find } = registered(plainHarness(), selection);
    expect([...tests.keys()].map((title) => title.split(" ")[0])).toEqual(["[E1-1]", "[E3-2]", "[all]"]);
    for (const id of ["E1-1", "all"]) await find(id).run();
    expect(checks[0]).toThrow("Cases did not run for plain store: E3-2.");
    await find("E3-2").run();
    expect(checks[0]).not.toThrow();
    expect(() => registered(plainHarness(), { cases: ["Q1-1"] })).toThrow("Unknown case Q1-1.");
    const metadata = registered(plainHarness(), { tiers: ["core"], sections: ["Metadata"] });
    expect(metadata.find("M1-1").skip).toBeUndefined();
    expect([...metadata.tests.keys()].filter((title) => !/^\[(?:M1-\d+|all)\]/u.test(title))).toEqual([]);
    expect(() => registered(plainHarness(), { sections: ["Meta"] })).toThrow("Unknown section Meta.");
  });

  it("fails at the end if no case ran", async () => {
    const { checks, find } = registered(plainHarness());
    expect(checks).toHaveLength(1);
    expect(checks[0]).toThrow("No case ran");
    await find("E1-1").run();
    expect(checks[0]).not.toThrow();
  });

  it("fails at the end if a run of all cases left one out", async () => {
    const { checks, find, tests } = registered({ ...plainHarness(), timeoutFactor: 0 });
    const entries = [...tests].filter(([title]) => !title.startsWith("[E3-2]"));
    for (const [, { skip, run: body }] of entries) if (skip !== true) await body().catch(() => undefined);
    expect(checks[0]).toThrow("Cases did not run for plain store: E3-2.");
    await find("E3-2")
      .run()
      .catch(() => undefined);
    expect(checks[0]).not.toThrow();
  });
});

describe("a known failure", () => {
  const knownFailure = { case: "E1-1", reason: "returns null until version 2", until: tomorrow };

  it("lets the failing case pass, and is mentioned in the title", async () => {
    const { title, run: body } = registered({ ...nullLoader(), knownFailures: [knownFailure] }).find("E1-1");
    expect(title).toContain(`(known failure until ${tomorrow}: returns null until version 2)`);
    await expect(body()).resolves.toBeUndefined();
  });

  it("fails if the case passes", async () => {
    const { find } = registered({ ...plainHarness(), knownFailures: [knownFailure] });
    await expect(find("E1-1").run()).rejects.toThrow(
      "E1-1 is a known failure, but it passes. Remove the known failure.",
    );
  });

  it("lets only failures pass that its message describes", async () => {
    for (const message of ["null instead of undefined", /^Expected: .+ null/u]) {
      const { find } = registered({ ...nullLoader(), knownFailures: [{ ...knownFailure, message }] });
      await expect(find("E1-1").run()).resolves.toBeUndefined();
    }
    const { find } = registered({
      ...nullLoader(),
      knownFailures: [{ ...knownFailure, message: "a timeout" }],
    });
    await expect(find("E1-1").run()).rejects.toThrow(
      /^E1-1 fails in another way than its known failure, whose `message` is a timeout\. Expected: .+ null/u,
    );
  });

  it("expires on its day", async () => {
    const { title, run: body } = registered({
      ...nullLoader(),
      knownFailures: [{ ...knownFailure, until: "2020-01-31" }],
    }).find("E1-1");
    expect(title).toContain("(its known failure expired on 2020-01-31: returns null until version 2)");
    await expect(body()).rejects.toThrow(
      /^The known failure E1-1 expired on 2020-01-31 \(returns null until version 2\)\. .+null instead of undefined/u,
    );
  });

  it.each([
    [{ ...knownFailure, case: "Q1-1" }, "unknown case"],
    [{ ...knownFailure, reason: " " }, "has no reason"],
    [{ ...knownFailure, until: "soon" }, "must be a day such as"],
  ])("throws TypeError if it is invalid: %o", (wrong, message) => {
    expect(() => registered({ ...plainHarness(), knownFailures: [wrong] })).toThrow(message);
  });
});

describe("run", () => {
  it("reports every case as data that JSON can represent", async () => {
    const knownFailures = [{ case: "E3-2", reason: "not yet", until: tomorrow }];
    const reported: string[] = [];
    const report = await run(
      { ...withoutCapabilities(nullLoader()), knownFailures },
      { cases: ["E1-1", "E3-2", "C1-1", "D3-1"], onResult: (result) => reported.push(result.case) },
    );
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({ harness: "null", ok: false, brokenClauses: ["E1", "E3"] });
    expect(report.counts).toEqual({ passed: 1, failed: 2, "known-failure": 0, "not-exercised": 1 });
    expect(report.results.map(({ status }) => status)).toEqual([
      "failed",
      "failed",
      "passed",
      "not-exercised",
    ]);
    expect(report.results[0]?.message).toMatch(/^Expected: .+ Actual: got null instead of undefined\.$/u);
    expect(report.results[1]?.message).toContain("Remove the known failure");
    expect(reported).toEqual(["E1-1", "E3-2", "C1-1", "D3-1"]);
  });

  it("counts known failures separately, and fails if no case passed", async () => {
    const report = await run(
      { ...nullLoader(), knownFailures: [{ case: "E1-1", reason: "not yet", until: tomorrow }] },
      { cases: ["E1-1"] },
    );
    expect(report).toMatchObject({ ok: false, counts: { "known-failure": 1, failed: 0, passed: 0 } });
    expect(await run(plainHarness(), { cases: ["E1-1"] })).toMatchObject({ ok: true });
    expect(await run(withoutCapabilities(plainHarness()), { cases: ["E2-1"] })).toMatchObject({ ok: false });
  });

  it("selects cases by tier, and rejects unknown cases", async () => {
    const { results } = await run(plainHarness(), { tiers: ["hygiene"] });
    expect(new Set(results.map(({ tier }) => tier))).toEqual(new Set(["hygiene"]));
    await expect(run(plainHarness(), { cases: ["Q1-1"] })).rejects.toThrow("Unknown case Q1-1.");
  });
});

function rejectingWith(reason: Error): () => Promise<never> {
  return () => Promise.reject(reason);
}

describe("a store with a small limit passes the cases with long threads", () => {
  const inner = plainHarness();
  const maxThreadBytes = 320_000;
  const harness: Harness = {
    ...inner,
    name: "limited",
    maxThreadBytes,
    open: (location, options) => inner.open(location, { maxThreadBytes, ...options }),
  };
  const ids = ["V1-11", "V4-2", "V5-1", "C4-9", "D1-1", "D3-5", "F2-3", "M1-10"];
  register(harness, { describe, it, after: afterAll }, { cases: ids });
});

describe("a case", () => {
  it("tells failures of the harness from those of the store", async () => {
    const inner = plainHarness();
    const harness: Harness = { ...inner, entries: () => Promise.reject(new Error("no such folder")) };
    await expect(registered(harness).find("D3-1").run()).rejects.toThrow(
      "Actual: HarnessError (`entries` of the harness failed, not the store), caused by Error (no such folder).",
    );
  });

  it("names the causes of an error, and explains a record that is corrupt right after its save", async () => {
    const inner = plainHarness();
    const failing = (error: Error): Harness => ({
      ...inner,
      open: async (...parameters) =>
        Object.assign(await inner.open(...parameters), { load: rejectingWith(error) }),
    });
    const cause = new Error("disk on fire", { cause: new TypeError("no fire brigade") });
    const broken = new ThreadStoreError("BACKEND_ERROR", "The load failed. See the cause.", { cause });
    await expect(registered(failing(broken)).find("V1-1").run()).rejects.toThrow(
      "caused by Error (disk on fire), caused by TypeError (no fire brigade)",
    );
    const corrupt = new ThreadStoreError("CORRUPT", "The record is corrupt.");
    await expect(registered(failing(corrupt)).find("V1-1").run()).rejects.toThrow("must copy them");
  });

  it("has its own location, and closes its stores and destroys the location even if it fails", async () => {
    const log: string[] = [];
    const inner = plainHarness();
    const harness: Harness = {
      ...inner,
      open: async (location, options) => {
        log.push(`open ${location}`);
        const store = await inner.open(location, options);
        return Object.assign(store, { close: async () => void log.push(`close ${location}`) });
      },
      destroy: async (location) => void log.push(`destroy ${location}`),
    };
    const failing = caseThat(async ({ open, openElsewhere }) => {
      await open();
      await openElsewhere();
      throw new Error("on purpose");
    });
    for (const round of [1, 2]) {
      await expect(runCase(harness, failing), `round ${round}`).rejects.toThrow(
        "Expected: the title of the case. Actual: Error (on purpose).",
      );
    }
    const [location, again] = log
      .filter((line) => line.startsWith("open"))
      .map((line) => line.slice("open ".length))
      .filter((name) => !name.endsWith("-b"));
    expect(location).toMatch(/^[a-z0-9-]{1,30}$/u);
    expect(again).not.toBe(location);
    const steps = [
      `open ${location}`,
      `open ${location}-b`,
      `close ${location}`,
      `close ${location}-b`,
      `destroy ${location}`,
      `destroy ${location}-b`,
    ];
    expect(log.slice(0, 6)).toEqual(steps);
  });

  it("fails if its time is up, and aborts its signal", async () => {
    let isAborted = false;
    const hanging = caseThat(({ signal }) => {
      signal.addEventListener("abort", () => {
        isAborted = true;
      });
      return Promise.withResolvers<never>().promise;
    }, 30);
    await expect(runCase(plainHarness(), hanging)).rejects.toThrow("it did not end within 30 ms");
    expect(isAborted).toBe(true);
    await expect(runCase({ ...plainHarness(), timeoutFactor: 2 }, hanging)).rejects.toThrow("within 60 ms");
  });

  it("fails if cleaning up fails", async () => {
    const stuck: Harness = { ...plainHarness(), destroy: () => Promise.reject(new Error("still in use")) };
    const passing = caseThat(async ({ open }) => void (await open()));
    await expect(runCase(stuck, passing)).rejects.toThrow("Cleaning up failed: Error: still in use");
    const failing = caseThat(async ({ open }) => {
      await open();
      throw new Error("first");
    });
    await expect(runCase(stuck, failing)).rejects.toThrow(
      /Actual: Error \(first\)\. \(Afterwards: .+still in use/u,
    );
  });

  it("cannot use a capability that it does not declare", async () => {
    const undeclared = caseThat(async ({ entries }) => void (await entries()));
    await expect(runCase(withoutCapabilities(plainHarness()), undeclared)).rejects.toThrow(
      "The case uses entries.",
    );
  });
});

it("names the methods that a store of an earlier contract lacks", async () => {
  const harness = plainHarness();
  const old: Harness = {
    ...harness,
    open: async (...parameters) =>
      Object.assign(await harness.open(...parameters), { append: undefined, touch: undefined }),
  };
  const { tests } = registered(old, { cases: ["V1-1"] });
  const [first] = tests.values();
  await expect(first?.run()).rejects.toThrow("it lacks `append`, `touch`");
});
