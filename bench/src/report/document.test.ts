import { describe, expect, it } from "vitest";
import type { Role } from "../clients/client.ts";
import type { Report, Result } from "../measure/result.ts";
import { documentOf } from "./document.ts";
import { goals } from "./goals.ts";

interface Growth {
  readonly backend?: string;
  readonly subject: string;
  readonly role: Role;
  readonly turns: number;
  /** The mean time of a save. */
  readonly ms: number;
}

function growth({ backend = "sqlite", subject, role, turns, ms }: Growth): Result {
  return {
    workload: "growth",
    case: `T = ${turns}`,
    size: turns,
    backend,
    subject,
    role,
    rounds: 5,
    steps: turns,
    wallMs: ms * turns,
    wallSpread: 0.1,
    cpuMs: (ms * turns) / 2,
    sent: 0,
    received: 0,
    written: 2000 * turns,
    memory: 0,
    stepMs: ms,
    p99Ms: 2 * ms,
    lastToFirst: 1,
  };
}

const SUBJECTS = [
  { subject: "ours, agent's text", role: "ours", ms: 0.2 },
  { subject: "raw, whole", role: "raw", ms: 0.5 },
  { subject: "delta by hand", role: "delta", ms: 0.18 },
  { subject: "raw, again", role: "control", ms: 0.55 },
  { subject: "Keyv", role: "peer", ms: 0.9 },
] as const;

const REPORT: Report = {
  machine: "2 × Example CPU, linux, load average 0.1 before the run",
  node: "v24.0.0",
  date: "2026-01-02",
  results: [10, 100, 200, 1000].flatMap((turns) => SUBJECTS.map((subject) => growth({ ...subject, turns }))),
  failures: ["redis · growth · T = 10 · Keyv: Connection is closed."],
  leftOut: ["file-system, OpenDAL: Cannot find native binding"],
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
      "Measured on 2026-01-02 with Node.js 24.0.0: 2 × Example CPU, linux, load average 0.1",
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
| Keyv | 0.90 ± 5 % | 0.90 ± 5 % | 0.90 ± 5 % |
`);
  });

  it("shows the noise, by the raw client once more", () => {
    expect(markdown).toContain("was 1.10 to 1.10 in nine of ten cases, 1.10 to 1.10 in all 4.");
    const without = REPORT.results.filter(({ role }) => role !== "control");
    expect(documentOf({ ...REPORT, results: without }).markdown).not.toContain("A control");
  });

  it("names the subjects that did not run, with the reasons", () => {
    expect(markdown).toContain("- Did not run: file-system, OpenDAL: Cannot find native binding.\n");
    expect(markdown).toContain("- Did not run: redis, Keyv: Connection is closed.");
  });

  it("leaves out the lengths and spreads that a run did not measure", () => {
    const old = REPORT.results
      .filter(({ size }) => size === 100)
      .map((result): Result => {
        const { wallSpread: _, ...older } = result;
        return older;
      });
    const page = documentOf({ ...REPORT, results: old }).markdown;
    expect(page).toContain("| **ours, agent's text** | – | 0.20 | – |");
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
      ...growth({ subject, role, turns: 100, ms }),
      workload: "load",
      case: "5 KB",
      cpuMs: cpuMs * 100,
    });
    const texts = (raw: number): readonly string[] => {
      const results = [
        call("raw, whole", "raw", raw, raw),
        call("ours, objects", "ours", raw + 0.02, raw + 0.02),
      ];
      return documentOf({ ...REPORT, results }).markdown.match(/^\| sqlite \| load, 5 KB.*$/gmu) ?? [];
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
