import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { suiteSettings } from "../../execution/settings.ts";
import { runCase } from "../../execution/run-case.ts";
import { cases, checkHistory } from "../../index.ts";
import { zoo } from "./index.ts";

const historyFolder = await mkdtemp(join(tmpdir(), "threadstore-histories-"));
afterAll(() => rm(historyFolder, { recursive: true }));

const [linearizable] = cases.filter(({ id }) => id === "K12");
if (linearizable === undefined) throw new Error("There is no case K12.");
const mutants = zoo.filter(({ killedBy }) => killedBy.includes("K12"));

describe("K12", () => {
  it.each(mutants)(
    "finds the store that $bug 20 times of 20 ($name)",
    { timeout: 120_000 },
    async ({ make }) => {
      const killed: unknown[] = [];
      for (let seed = 1; seed <= 20; seed += 1) {
        const settings = suiteSettings({ seed, historyFolder });
        await runCase(make(), linearizable, settings).catch((error: unknown) => killed.push(error));
      }
      expect(killed.length).toBe(20);
      for (const error of killed) expect(String(error)).toMatch(/Thread "round-.+History: .+\.jsonl\.$/su);
    },
  );

  it("leaves histories that can be checked again", async () => {
    const files = await readdir(historyFolder);
    expect(files.length).toBeGreaterThanOrEqual(20 * mutants.length);
    for (const file of files.slice(0, 20)) {
      const history = await readFile(join(historyFolder, file), "utf8");
      expect(checkHistory(history).verdict).toBe("illegal");
    }
  });
});
