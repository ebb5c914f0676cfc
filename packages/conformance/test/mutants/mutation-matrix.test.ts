import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { cases } from "../../src/index.ts";
import { zoo } from "./index.ts";
import { bases, mutationMatrix, page } from "./mutation-matrix.ts";

describe("packages/conformance/MUTATIONS.md", () => {
  it("is what `npm run docs:mutations` writes", async () => {
    expect(await readFile(page, "utf8")).toBe(mutationMatrix(zoo, cases));
  });

  it("tells of stores on every base", () => {
    expect(zoo.length).toBeGreaterThan(200);
    for (const base of bases) expect(zoo.filter((each) => each.base === base).length).toBeGreaterThan(8);
  });
});
