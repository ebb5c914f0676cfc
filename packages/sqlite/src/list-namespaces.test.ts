import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { options, record } from "./sqlite.test-helper.ts";

const ALL = { within: "", after: undefined, limit: 1000 };

/** Opens a database, and records its statements. */
function openRecorded(): { readonly database: Sqlite.Database; readonly statements: string[] } {
  const statements: string[] = [];
  const database = new Sqlite(":memory:", { verbose: (sql) => statements.push(String(sql)) });
  return { database, statements };
}

test("a page of namespaces is one statement, which searches the index once for each of them", async () => {
  const { database, statements } = openRecorded();
  const driver = sqliteDriver({ database });
  for (const namespace of ["", "a", "a-b", "a/b", "a0", "b/c"]) {
    await driver.write({ namespace, id: "t" }, record("x"), undefined, options);
  }
  statements.length = 0;
  expect(await driver.listNamespaces(ALL, options)).toEqual({
    namespaces: ["", "a", "a-b", "a/b", "a0", "b/c"],
    next: undefined,
  });
  expect(statements).toHaveLength(1);
  const plan = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${statements[0]}`).all();
  const steps = plan.map(({ detail }) => detail).filter((detail) => detail.includes("threads"));
  expect(steps.length).toBeGreaterThanOrEqual(3);
  for (const step of steps) expect(step).toMatch(/^SEARCH .* USING COVERING INDEX \S+ \(namespace[>=]/u);
  await driver.close();
});

test("pages continue after any namespace, even if it is gone", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  const names = ["a", "a-b", "a/b", "a/b/c", "a/c", "ab"];
  for (const namespace of names) await driver.write({ namespace, id: "t" }, record("x"), undefined, options);
  const page = (within: string, after: string | undefined, limit: number) =>
    driver.listNamespaces({ within, after, limit }, options);
  expect(await page("a", undefined, 2)).toEqual({ namespaces: ["a", "a/b"], next: "a/b" });
  expect(await page("a", "a", 10)).toEqual({ namespaces: ["a/b", "a/b/c", "a/c"], next: undefined });
  expect(await page("a", "a/b/a", 1)).toEqual({ namespaces: ["a/b/c"], next: "a/b/c" });
  expect(await page("", "a-a", 3)).toEqual({ namespaces: ["a-b", "a/b", "a/b/c"], next: "a/b/c" });
  expect(await page("c", undefined, 3)).toEqual({ namespaces: [], next: undefined });
  await driver.close();
});

test("an erase takes a statement for each hundred threads, and a transaction for up to 16 of them", async () => {
  const { database, statements } = openRecorded();
  const store = sqliteStore({ database });
  for (let n = 0; n < 250; n += 1) await store.namespace("a").save(`thread-${n}`, { n });
  statements.length = 0;
  expect((await store.erase()).threads).toBe(250);
  const count = (start: string): number => statements.filter((sql) => sql.trim().startsWith(start)).length;
  expect([count("WITH RECURSIVE"), count("SELECT")]).toEqual([1, 3]);
  // Some wait for another turn of the event loop.
  expect(count("BEGIN")).toBeLessThan(2 * Math.ceil(250 / 16));
  await store.close();
});
