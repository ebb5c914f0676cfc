import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { cases } from "../index.ts";
import { CASES_OF_CORE } from "../suite/cases-of-core.ts";

const contract = await readFile(new URL("../../../../docs/contract.md", import.meta.url), "utf8");

/** The sections of the contract that have clauses, by the letter of their clauses. */
function sectionsByLetter(): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of contract.split(/^## /mu)) {
    const [title = ""] = part.split("\n", 1);
    for (const [, letter = ""] of part.matchAll(/^- \*\*([A-Z])\d\*\*/gmu)) sections.set(letter, title);
  }
  return sections;
}

function duplicates(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe("the cases", () => {
  it("have unique ids and titles", () => {
    expect(duplicates(cases.map(({ id }) => id))).toEqual([]);
    expect(duplicates(cases.map(({ title }) => title))).toEqual([]);
  });

  it("name clauses of the contract and cover all of them", () => {
    const clauses = [...contract.matchAll(/^- \*\*([A-Z]\d)\*\*/gmu)].map(([, clause = ""]) => clause);
    expect(new Set(cases.flatMap((each) => each.clauses))).toEqual(new Set(clauses));
  });

  it("have ids made of one of their clauses and a number", () => {
    const clauseOf = (id: string): string => /^([A-Z]\d)-[1-9]\d*$/u.exec(id)?.[1] ?? "";
    const wrong = cases.filter(({ id, clauses }) => !clauses.some((clause) => clause === clauseOf(id)));
    expect(wrong.map(({ id, clauses }) => `${id}: ${clauses.join(", ")}`)).toEqual([]);
  });

  it("are those of core or of the driver", () => {
    const ids = new Set(cases.map(({ id }) => id));
    expect([...CASES_OF_CORE].filter((id) => !ids.has(id))).toEqual([]);
    expect(cases.filter(({ layer }) => layer === "core")).toHaveLength(CASES_OF_CORE.size);
  });

  it("are numbered without gaps in each clause", () => {
    const numbers = Map.groupBy(cases, ({ id }) => id.split("-")[0]);
    for (const [clause, members] of numbers) {
      const ids = new Set(members.map(({ id }) => id));
      expect(ids).toEqual(new Set(members.map((_, index) => `${clause}-${index + 1}`)));
    }
  });

  it("are in the section of the contract that has the clause of their id", () => {
    const sections = sectionsByLetter();
    const wrong = cases.filter(({ id, section }) => section !== sections.get(id.charAt(0)));
    expect(wrong.map(({ id, section }) => `${id}: ${section}`)).toEqual([]);
  });
});
