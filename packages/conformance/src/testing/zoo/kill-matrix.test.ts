import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { cases } from "../../index.ts";
import { zoo } from "./index.ts";
import { bases, killMatrix, page } from "./kill-matrix.ts";

describe("docs/kill-matrix.md", () => {
  it("is what `npm run docs:kill-matrix` writes", async () => {
    expect(await readFile(page, "utf8")).toBe(killMatrix(zoo, cases));
  });

  it("tells of stores on every base", () => {
    expect(zoo.length).toBeGreaterThan(200);
    for (const base of bases) expect(zoo.filter((each) => each.base === base).length).toBeGreaterThan(8);
  });
});
