import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { progressOn } from "../../src/cli/progress.ts";
import { summaryOf } from "../../src/cli/summary.ts";
import { type Output, painterFor } from "../../src/cli/terminal.ts";
import { cases, run } from "../../src/index.ts";
import { withBug } from "../mutants/mutant.ts";

const nullLoader = withBug("null", (inner) => ({
  load: async (id) => (await inner.load(id)) ?? (null as never),
}));

afterEach(() => vi.unstubAllEnvs());

/** Runs two cases and returns the pieces of text that the progress display wrote. */
async function outputOfRun(terminal: Omit<Output, "write">): Promise<string[]> {
  const pieces: string[] = [];
  const size = { cases: 2, repeat: 1 };
  const progress = progressOn({ ...terminal, write: (text) => pieces.push(text) }, size);
  await run(nullLoader, {
    cases: ["E1-1", "E3-2"],
    onStart: progress.caseStarted,
    onResult: progress.caseEnded,
  });
  progress.stop();
  return pieces;
}

describe("on a terminal", () => {
  it("shows progress as one live line and keeps failures visible", async () => {
    vi.stubEnv("NO_COLOR", "");
    const erase = "\r\u001b[2K";
    const [first, second] = cases.filter(({ id }) => id === "E1-1" || id === "E3-2");
    expect(await outputOfRun({ isTTY: true, columns: 200 })).toEqual([
      erase,
      `1/2  E1-1 ${first?.title}`,
      erase,
      `\u001b[31mfailed\u001b[39m  E1-1  ${first?.title}\n`,
      erase,
      `2/2  1 failed  E3-2 ${second?.title}`,
      erase,
    ]);
  });

  it("truncates the live line to the width of the terminal", async () => {
    const pieces = await outputOfRun({ isTTY: true, columns: 20 });
    expect(pieces[1]).toBe("1/2  E1-1 loading a");
  });

  it("colours the summary unless NO_COLOR is set", async () => {
    const report = await run(nullLoader, { cases: ["E1-1"] });
    const output = { isTTY: true, write: () => undefined };
    vi.stubEnv("NO_COLOR", "");
    expect(summaryOf(report, painterFor(output))).toContain("\u001b[31mfailed\u001b[39m  E1-1");
    expect(summaryOf(report, painterFor(output))).toContain("core        \u001b[31m✗ failed\u001b[39m");
    vi.stubEnv("NO_COLOR", "1");
    expect(summaryOf(report, painterFor(output))).not.toContain("\u001b");
  });
});

describe("a slow case", () => {
  const [slow] = cases;
  if (slow === undefined) throw new Error("There are no cases.");
  const { id, title } = slow;

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Returns the text about the case that is written while the second of its three runs takes `milliseconds`. */
  function outputDuring(milliseconds: number, terminal: Omit<Output, "write">): string[] {
    const pieces: string[] = [];
    const output = { ...terminal, write: (text: string) => pieces.push(text) };
    const progress = progressOn(output, { cases: 9, repeat: 3 });
    if (slow === undefined) return [];
    progress.caseStarted(slow);
    progress.runStarted(2);
    vi.advanceTimersByTime(milliseconds);
    progress.stop();
    vi.advanceTimersByTime(60_000);
    return pieces.filter((piece) => piece.includes(id));
  }

  it("is shown every second on a terminal, with its run and elapsed time", () => {
    expect(outputDuring(2_500, { isTTY: true, columns: 200 })).toEqual([
      `1/9, run 1 of 3  ${id} ${title}`,
      `1/9, run 2 of 3, 1 s  ${id} ${title}`,
      `1/9, run 2 of 3, 2 s  ${id} ${title}`,
    ]);
  });

  it("is printed every ten seconds elsewhere", () => {
    expect(outputDuring(25_000, {})).toEqual([
      `still running  ${id}  ${title}, run 2 of 3, 10 s\n`,
      `still running  ${id}  ${title}, run 2 of 3, 20 s\n`,
    ]);
  });
});
