import { describe, expect, it } from "vitest";
import { cases, type Harness, register, run, type Selection } from "../../src/index.ts";
import { section } from "../../src/suite/conformance-case.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { withBug } from "../mutants/mutant.ts";
import { plainHarness } from "../stores/plain/plain-harness.ts";

const tomorrow = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 10);
const nullLoader = (): Harness =>
  withBug("null", (inner) => ({ load: async (id) => (await inner.load(id)) ?? (null as never) }));

function withoutPowers(harness: Harness): Harness {
  return {
    name: harness.name,
    open: (...parameters) => harness.open(...parameters),
    destroy: (place) => harness.destroy(place),
  };
}

/** What a runner was given. */
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
    if (entry === undefined) throw new Error(`There is no test of ${id}.`);
    return { title: entry[0], ...entry[1] };
  };
  return { tests, suites, checks, find };
}

function caseThat(body: Parameters<typeof section>[1][number]["run"], timeoutMs = 1000) {
  const [only] = section("Test", [
    { id: "Z9-9", title: "a case of its own", clauses: [], timeoutMs, run: body },
  ]);
  if (only === undefined) throw new Error("There is no case.");
  return only;
}

describe("register", () => {
  it("makes a test of every case, its id first, with time to spare for clearing up", () => {
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

  it("skips what the harness has no power for, and says so in the title", async () => {
    const { find } = registered(withoutPowers(plainHarness()));
    const { title, skip, run: body } = find("E2-1");
    expect(skip).toBe(true);
    expect(title).toMatch(/\(not exercised: the harness lacks rewrite\)$/u);
    await expect(body()).rejects.toThrow("lacks rewrite");
    expect(registered(plainHarness()).find("E2-1").skip).toBeUndefined();
  });

  it("takes some of the cases, of which none may be left out", async () => {
    const selection: Selection = { tiers: ["core"], cases: ["E1-1", "E3-2", "C4-1"] };
    const { tests, checks, find } = registered(plainHarness(), selection);
    expect([...tests.keys()].map((title) => title.split(" ")[0])).toEqual(["[E1-1]", "[E3-2]", "[all]"]);
    for (const id of ["E1-1", "all"]) await find(id).run();
    expect(checks[0]).toThrow("Cases that are due on plain store did not run: E3-2.");
    await find("E3-2").run();
    expect(checks[0]).not.toThrow();
    expect(() => registered(plainHarness(), { cases: ["Q1-1"] })).toThrow("There is no case Q1-1.");
  });

  it("fails in the end when not one case ran", async () => {
    const { checks, find } = registered(plainHarness());
    expect(checks).toHaveLength(1);
    expect(checks[0]).toThrow("Not one case ran");
    await find("E1-1").run();
    expect(checks[0]).not.toThrow();
  });

  it("fails in the end when a whole run left out a case that is due", async () => {
    const { checks, find, tests } = registered({ ...plainHarness(), timeoutFactor: 0 });
    const entries = [...tests].filter(([title]) => !title.startsWith("[E3-2]"));
    for (const [, { skip, run: body }] of entries) if (skip !== true) await body().catch(() => undefined);
    expect(checks[0]).toThrow("Cases that are due on plain store did not run: E3-2.");
    await find("E3-2")
      .run()
      .catch(() => undefined);
    expect(checks[0]).not.toThrow();
  });
});

describe("a waiver", () => {
  const waiver = { case: "E1-1", reason: "returns null until version 2", until: tomorrow };

  it("lets the known failure pass, and shows itself in the title", async () => {
    const { title, run: body } = registered({ ...nullLoader(), waivers: [waiver] }).find("E1-1");
    expect(title).toContain(`(waived until ${tomorrow}: returns null until version 2)`);
    await expect(body()).resolves.toBeUndefined();
  });

  it("fails when the case passes after all", async () => {
    const { find } = registered({ ...plainHarness(), waivers: [waiver] });
    await expect(find("E1-1").run()).rejects.toThrow("E1-1 passes, though it is waived. Remove the waiver.");
  });

  it("ends on its day", async () => {
    const { title, run: body } = registered({
      ...nullLoader(),
      waivers: [{ ...waiver, until: "2020-01-31" }],
    }).find("E1-1");
    expect(title).not.toContain("waived");
    await expect(body()).rejects.toThrow("got null instead of undefined");
  });

  it.each([
    [{ ...waiver, case: "Q1-1" }, "does not exist"],
    [{ ...waiver, reason: " " }, "gives no reason"],
    [{ ...waiver, until: "soon" }, "ends on a day such as"],
  ])("that is wrong is a TypeError: %o", (wrong, message) => {
    expect(() => registered({ ...plainHarness(), waivers: [wrong] })).toThrow(message);
  });
});

describe("run", () => {
  it("reports every case as data that JSON holds", async () => {
    const waivers = [{ case: "E3-2", reason: "not yet", until: tomorrow }];
    const seen: string[] = [];
    const report = await run(
      { ...withoutPowers(nullLoader()), waivers },
      { cases: ["E1-1", "E3-2", "C1-1", "D3-1"], onResult: (result) => seen.push(result.case) },
    );
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({ harness: "null", ok: false, brokenClauses: ["E1", "E3"] });
    expect(report.counts).toEqual({ passed: 1, failed: 2, waived: 0, "not-exercised": 1 });
    expect(report.results.map(({ status }) => status)).toEqual([
      "failed",
      "failed",
      "passed",
      "not-exercised",
    ]);
    expect(report.results[0]?.message).toMatch(/^Expected: .+ Actual: got null instead of undefined\.$/u);
    expect(report.results[1]?.message).toContain("Remove the waiver");
    expect(seen).toEqual(["E1-1", "E3-2", "C1-1", "D3-1"]);
  });

  it("counts a waived failure as such, and a run of nothing as no success", async () => {
    const waived = await run(
      { ...nullLoader(), waivers: [{ case: "E1-1", reason: "not yet", until: tomorrow }] },
      { cases: ["E1-1"] },
    );
    expect(waived).toMatchObject({ ok: false, counts: { waived: 1, failed: 0, passed: 0 } });
    expect(await run(plainHarness(), { cases: ["E1-1"] })).toMatchObject({ ok: true });
    expect(await run(withoutPowers(plainHarness()), { cases: ["E2-1"] })).toMatchObject({ ok: false });
  });

  it("selects by tier, and refuses a case that does not exist", async () => {
    const { results } = await run(plainHarness(), { tiers: ["hygiene"] });
    expect(new Set(results.map(({ tier }) => tier))).toEqual(new Set(["hygiene"]));
    await expect(run(plainHarness(), { cases: ["Q1-1"] })).rejects.toThrow("There is no case Q1-1.");
  });
});

describe("a case", () => {
  it("has a place of its own, whose stores are closed and which is destroyed, also when it fails", async () => {
    const log: string[] = [];
    const inner = plainHarness();
    const harness: Harness = {
      ...inner,
      open: async (place, options) => {
        log.push(`open ${place}`);
        const store = await inner.open(place, options);
        return Object.assign(store, { close: async () => void log.push(`close ${place}`) });
      },
      destroy: async (place) => void log.push(`destroy ${place}`),
    };
    const failing = caseThat(async ({ open, openElsewhere }) => {
      await open();
      await openElsewhere();
      throw new Error("on purpose");
    });
    for (const round of [1, 2]) {
      await expect(runCase(harness, failing), `round ${round}`).rejects.toThrow(
        "Expected: a case of its own. Actual: Error (on purpose).",
      );
    }
    const [place, again] = log
      .filter((line) => line.startsWith("open"))
      .map((line) => line.slice("open ".length))
      .filter((name) => !name.endsWith("-b"));
    expect(place).toMatch(/^[a-z0-9-]{1,30}$/u);
    expect(again).not.toBe(place);
    const steps = [
      `open ${place}`,
      `open ${place}-b`,
      `close ${place}`,
      `close ${place}-b`,
      `destroy ${place}`,
      `destroy ${place}-b`,
    ];
    expect(log.slice(0, 6)).toEqual(steps);
  });

  it("fails when its time is up, and tells loops to stop", async () => {
    let told = false;
    const hanging = caseThat(({ signal }) => {
      signal.addEventListener("abort", () => {
        told = true;
      });
      return Promise.withResolvers<never>().promise;
    }, 30);
    await expect(runCase(plainHarness(), hanging)).rejects.toThrow("it did not end within 30 ms");
    expect(told).toBe(true);
    await expect(runCase({ ...plainHarness(), timeoutFactor: 2 }, hanging)).rejects.toThrow("within 60 ms");
  });

  it("fails when clearing up does", async () => {
    const stuck: Harness = { ...plainHarness(), destroy: () => Promise.reject(new Error("still in use")) };
    const passing = caseThat(async ({ open }) => void (await open()));
    await expect(runCase(stuck, passing)).rejects.toThrow("Clearing up failed: Error: still in use");
    const failing = caseThat(async ({ open }) => {
      await open();
      throw new Error("first");
    });
    await expect(runCase(stuck, failing)).rejects.toThrow(
      /Actual: Error \(first\)\. \(And then: .+still in use/u,
    );
  });

  it("cannot use a power that it does not name", async () => {
    const greedy = caseThat(async ({ entries }) => void (await entries()));
    await expect(runCase(withoutPowers(plainHarness()), greedy)).rejects.toThrow("uses the power entries");
  });
});
