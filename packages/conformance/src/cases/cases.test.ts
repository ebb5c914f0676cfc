import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { cases } from "../index.ts";

describe("the cases", () => {
  it("have ids and titles of their own", () => {
    for (const values of [cases.map(({ id }) => id), cases.map(({ title }) => title)]) {
      expect(values.filter((value, index) => values.indexOf(value) !== index)).toEqual([]);
    }
    expect(cases.filter(({ id }) => !/^[A-Z]\d\d$/u.test(id))).toEqual([]);
  });

  it("name clauses of the contract, and between them all", async () => {
    const contract = await readFile(new URL("../../../../docs/contract.md", import.meta.url), "utf8");
    const clauses = [...contract.matchAll(/^- \*\*([A-Z]\d)\*\*/gmu)].map(([, clause]) => clause);
    const named = new Set<string>(cases.flatMap((each) => each.clauses));
    expect(cases.filter((each) => each.clauses.length === 0)).toEqual([]);
    expect([...named].filter((clause) => !clauses.includes(clause))).toEqual([]);
    expect(clauses.filter((clause) => clause === undefined || !named.has(clause))).toEqual([]);
  });
});
