import { afterEach, describe, expect, it, vi } from "vitest";
import { cases, run } from "../index.ts";
import { withBug } from "../testing/zoo/mutant.ts";
import { progressOn } from "./progress.ts";
import { summaryOf } from "./summary.ts";
import { type Output, painterFor } from "./terminal.ts";

const nullLoader = withBug("null", (inner) => ({
  load: async (id) => (await inner.load(id)) ?? (null as never),
}));

afterEach(() => vi.unstubAllEnvs());

/** What a run writes, piece by piece. */
async function writtenBy(terminal: Omit<Output, "write">): Promise<string[]> {
  const pieces: string[] = [];
  const progress = progressOn({ ...terminal, write: (text) => pieces.push(text) }, 2);
  await run(nullLoader, { cases: ["B01", "B02"], onStart: progress.started, onResult: progress.ended });
  progress.end();
  return pieces;
}

describe("on a terminal", () => {
  it("the progress is one line that is rewritten, and keeps failures", async () => {
    vi.stubEnv("NO_COLOR", "");
    const erase = "\r\u001b[2K";
    const [first, second] = cases.filter(({ id }) => id === "B01" || id === "B02");
    expect(await writtenBy({ isTTY: true, columns: 200 })).toEqual([
      erase,
      `1/2  B01 ${first?.title}`,
      erase,
      `\u001b[31mfailed\u001b[39m  B01  ${first?.title}\n`,
      erase,
      `2/2  1 failed  B02 ${second?.title}`,
      erase,
    ]);
  });

  it("the line is never longer than the terminal is wide", async () => {
    const pieces = await writtenBy({ isTTY: true, columns: 20 });
    expect(pieces[1]).toBe("1/2  B01 load of no");
  });

  it("the summary has colours, unless NO_COLOR is set", async () => {
    const report = await run(nullLoader, { cases: ["B01"] });
    const output = { isTTY: true, write: () => undefined };
    vi.stubEnv("NO_COLOR", "");
    expect(summaryOf(report, painterFor(output))).toContain("\u001b[31mfailed\u001b[39m  B01");
    vi.stubEnv("NO_COLOR", "1");
    expect(summaryOf(report, painterFor(output))).not.toContain("\u001b");
  });
});
