import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { cases } from "../../src/index.ts";
import { mutants } from "./index.ts";
import { bases, mutationMatrix, page } from "./mutation-matrix.ts";

describe("packages/conformance/MUTATIONS.md", () => {
  it("is what `npm run docs:mutations` writes", async () => {
    expect(await readFile(page, "utf8")).toBe(mutationMatrix(mutants, cases));
  });

  it("has mutants of every reference store", () => {
    expect(mutants.length).toBeGreaterThan(200);
    for (const base of bases) expect(mutants.filter((each) => each.base === base).length).toBeGreaterThan(8);
  });
});
