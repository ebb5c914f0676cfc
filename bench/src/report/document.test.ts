import { describe, expect, it } from "vitest";
import type { Role } from "../clients/client.ts";
import type { Result } from "../measure/result.ts";
import { keyOf, type Results } from "../results/results-file.ts";
import { caseOf, growthResult, RUN } from "../results/results.test-helper.ts";
import { documentOf } from "./document.ts";
import { goals, goalsOf } from "./goals.ts";

const SUBJECTS = [
  { subject: "ours, agent's text", role: "ours", ms: 0.2 },
  { subject: "raw, whole", role: "raw", ms: 0.5 },
  { subject: "delta by hand", role: "delta", ms: 0.18 },
  { subject: "raw, again", role: "control", ms: 0.55 },
] as const;

/** Returns the file of a run with these results. */
function resultsFile(results: readonly Result[]): Results {
  return { format: 1, cases: [...Map.groupBy(results, keyOf).values()].map((own) => caseOf(own)) };
}

const STORES = [10, 100, 200, 1000].flatMap((turns) =>
  SUBJECTS.map((subject) => growthResult({ ...subject, turns })),
);
const PEERS = [10, 100, 200, 1000].flatMap((turns) =>
  [...SUBJECTS.slice(0, 2), { subject: "Keyv", role: "peer", ms: 0.9 } as const].map((subject) =>
    growthResult({ ...subject, group: "peers", turns, ms: subject.ms * 2 }),
  ),
);
const REPORT: Results = {
  format: 1,
  cases: [
    ...resultsFile([...PEERS, ...STORES]).cases,
    caseOf([], {
      backend: "redis",
      group: "peers",
      missing: [{ subject: "Keyv", reason: "Connection is closed.", failed: true }],
    }),
  ],
};

describe("the page of results", () => {
  const { markdown, plots } = documentOf(REPORT);

  it("begins with a table and a plot of each backend, and then explains the method", () => {
    expect(markdown.match(/^##+ .*$/gmu)?.slice(0, 4)).toEqual([
      "## What a turn costs",
      "### SQLite, every save synced (`FULL`)",
      "## How it was measured",
      "## Goals",
    ]);
    expect(markdown).toContain(
      "Measured on 2026-01-02 with Node.js 24.0.0 at commit aaaa1111: 2 × Example CPU, linux, load average 0.1",
    );
    expect(markdown).toContain(
      "![The time of a save by the length of the conversation, on sqlite](plots/turn-sqlite.svg)",
    );
  });

  it("shows what a turn costs at 10, 100 and 1,000 turns, with the spread of the rounds", () => {
    expect(markdown).toContain(`| ms | 10 turns | 100 turns | 1,000 turns |
|---|---|---|---|
| **ours, agent's text** | 0.20 ± 5 % | 0.20 ± 5 % | 0.20 ± 5 % |
| raw, whole | 0.50 ± 5 % | 0.50 ± 5 % | 0.50 ± 5 % |
| delta by hand | 0.18 ± 5 % | 0.18 ± 5 % | 0.18 ± 5 % |
| Keyv | 1.80 ± 5 % | 1.80 ± 5 % | 1.80 ± 5 % |
`);
  });

  it("shows the noise, by the raw client once more", () => {
    expect(markdown).toContain("was 1.10 to 1.10 in nine of ten cases, 1.10 to 1.10 in all 4.");
    const without = STORES.filter(({ role }) => role !== "control");
    expect(documentOf(resultsFile(without)).markdown).not.toContain("A control");
  });

  it("names what did not run, with the reasons", () => {
    expect(markdown).toContain(
      "- Failed: Keyv in growth with other libraries on redis (T = 10): Connection is closed.\n",
    );
    expect(markdown).toMatch(
      /^- No run was asked for growth on core, .*, sqlite \(T = 50, T = 800\); save; .*; endurance; .*\.$/mu,
    );
  });

  it("orders the cases as the benchmark does, whichever run measured them", () => {
    expect(markdown.match(/^\*\*sqlite, growth.*$/gmu)?.slice(0, 3)).toEqual([
      "**sqlite, growth, T = 10 · 5 rounds**",
      "**sqlite, growth, T = 10, with other libraries · 5 rounds**",
      "**sqlite, growth, T = 100 · 5 rounds**",
    ]);
  });

  it("names the run of each case if the cases are of different runs", () => {
    const [first, ...others] = resultsFile(STORES).cases;
    if (first === undefined) throw new Error("There is no case.");
    const later = { ...first, run: { ...RUN, commit: "bbbb2222" } };
    const page = documentOf({ format: 1, cases: [later, ...others] }).markdown;
    expect(page).toContain("**The cases are of 2 runs that differ in commit.**");
    expect(page).toContain("| 1,000 turns | run |");
    expect(page).toContain("**sqlite, growth, T = 10 · 5 rounds · run 2**");
    expect(page).toContain("**sqlite, growth, T = 100 · 5 rounds · run 1**");
  });

  it("says between which numbers of rounds the subjects of a case ran", () => {
    const [raw, ...others] = STORES.filter(({ size }) => size === 10);
    if (raw === undefined) throw new Error("There is no result.");
    const page = documentOf(resultsFile([{ ...raw, rounds: 3 }, ...others])).markdown;
    expect(page).toContain("**sqlite, growth, T = 10 · 3 to 5 rounds**");
  });

  it("leaves out the lengths and spreads that a run did not measure", () => {
    const old = STORES.filter(({ size }) => size === 100).map((result): Result => {
      const { wallSpread: _, ...older } = result;
      return older;
    });
    const page = documentOf(resultsFile(old)).markdown;
    expect(page).toContain("| **ours, agent's text** | – | 0.20 | – |");
  });

  it("draws our checkpointers in the colours of those that they replace, dashed", () => {
    const names = ["LangGraph, put", "LangGraph, put, ours", "Keyv"];
    const peers = names.flatMap((subject) =>
      [10, 100].map((turns) => growthResult({ subject, role: "peer", group: "peers", turns, ms: 1 })),
    );
    const [{ svg } = { svg: "" }] = documentOf(resultsFile(peers)).plots;
    const lines = [...svg.matchAll(/<polyline class="(c\d+)"[^>]*?(stroke-dasharray)?(?:="6 4")?\/>/gu)];
    const [put, ours, other] = lines.map(([, colour, dashes]) => ({ colour, dashed: dashes !== undefined }));
    expect([put?.dashed, ours?.dashed, other?.dashed]).toEqual([false, true, false]);
    expect(ours?.colour).toBe(put?.colour);
    expect(other?.colour).not.toBe(put?.colour);
  });

  it("draws lines for every subject but the control, readable in the light and in the dark", () => {
    expect(plots.map(({ file }) => file)).toEqual(["turn-sqlite.svg"]);
    const [{ svg } = { svg: "" }] = plots;
    expect(svg.match(/<polyline/gu)).toHaveLength(4);
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).not.toContain("raw, again");
    expect(svg.match(/(?<=middle">)[\d,]+/gu)).toEqual(["10", "100", "1,000"]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/u);
    // A page on a phone scales it to about 340 pixels.
    expect(Number(/viewBox="0 0 (\d+) /u.exec(svg)?.[1])).toBeLessThanOrEqual(480);
  });
});

describe("the goals", () => {
  it("compare growth with a delta by hand, and with each peer", () => {
    const { markdown } = documentOf(REPORT);
    expect(markdown).toContain(
      "| sqlite | growth, T = 200, agent's text: wall to delta by hand | at most 1.25 | 1.11 | met |",
    );
    expect(markdown).toContain(
      "| sqlite | growth, T = 200: wall of Keyv to ours | at least 3.50 | 4.50 | met |",
    );
  });

  it("limit the ratio of long calls, and what a store adds to short ones", () => {
    const call = (subject: string, role: Role, ms: number, cpuMs: number): Result => ({
      ...growthResult({ subject, role, turns: 100, ms }),
      workload: "load",
      case: "5 KB",
      cpuMs: cpuMs * 100,
    });
    const texts = (raw: number): readonly string[] => {
      const results = [
        call("raw, whole", "raw", raw, raw),
        call("ours, objects", "ours", raw + 0.02, raw + 0.02),
      ];
      return documentOf(resultsFile(results)).markdown.match(/^\| sqlite \| load, 5 KB.*$/gmu) ?? [];
    };
    expect(texts(0.01)).toEqual([
      "| sqlite | load, 5 KB: µs of CPU more than raw | at most 15.0 | 20.0 | **not met** |",
    ]);
    expect(texts(1)).toEqual(["| sqlite | load, 5 KB: wall to raw | at most 1.30 | 1.02 | met |"]);
  });

  it("have no duplicates", () => {
    const names = goals.map(({ backend, text }) => `${backend}: ${text}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

it("the subjects that a goal needs in a case are known", () => {
  const key = { backend: "sqlite", workload: "growth", case: "T = 200", size: 200 };
  expect([...goalsOf({ ...key, group: "stores" })]).toEqual(["ours, agent's text", "delta by hand"]);
  expect([...goalsOf({ ...key, group: "peers" })]).toEqual(["Keyv", "ours, agent's text"]);
  expect(goalsOf({ ...key, group: "stores", case: "T = 10" }).size).toBe(0);
  expect(goalsOf({ ...key, group: "stores", workload: "load", case: "2 MB" }).has("raw, whole")).toBe(true);
});
