import { ALL_BY_ID, idRange } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, it } from "vitest";
import { directQuery } from "./harness.ts";
import { namespacesStatement, pageStatement, recentPageStatement } from "./list.ts";
import { postgresDriver } from "./postgres-store.ts";
import { useStores } from "./postgres.test-helper.ts";

await describeWithService("postgres", "listing", ({ url }) => {
  const stores = useStores(url);

  it("reads a page of each order through an index", async () => {
    const { table } = stores;
    await stores.open().save("a", {});
    const insert = `
      INSERT INTO ${table} (namespace, id, version, body, trailer, recency)
      SELECT convert_to('n' || n % 10, 'UTF8'), convert_to(n::text, 'UTF8'), n, '', '', -n
      FROM generate_series(1, 5000) AS n`;
    await directQuery(url, insert);
    await directQuery(url, `ANALYZE ${table}`);
    const planOf = async (statement: string, start: unknown[]): Promise<string> => {
      const plan = await directQuery(url, `EXPLAIN ${statement}`, [Buffer.from("n5"), ...start, 10]);
      return plan.flatMap((row) => Object.values(row)).join("\n");
    };
    const byId = await planOf(pageStatement(table), idRange({ after: "3000", prefix: "3" }));
    expect(byId).toMatch(/Index Scan/u);
    expect(byId).toMatch(/Index Cond: .*namespace = .* AND .*id >= .* AND .*id < /u);
    const byRecency = await planOf(recentPageStatement(table), [-3000, Buffer.from("3000")]);
    expect(byRecency).toMatch(/Index Scan/u);
    expect(byRecency).toMatch(/Index Cond: .*namespace = .* AND \(ROW\(recency, id\) > ROW/u);
    expect(byRecency).not.toContain("Sort");
  });

  it("searches the index once for each namespace", async () => {
    const { table } = stores;
    const store = stores.open();
    for (const name of ["a", "a-b", "ab"]) await store.namespace(name).save("t", {});
    await store.namespace("a").namespace("b").save("t", {});
    expect((await store.namespace("a").namespaces()).namespaces).toEqual(["b"]);
    await directQuery(
      url,
      `INSERT INTO ${table} (namespace, id, version, body, trailer, recency)
       SELECT convert_to('a/b', 'UTF8'), convert_to(n::text, 'UTF8'), n, '', '', -n
       FROM generate_series(1, 5000) AS n`,
    );
    await directQuery(url, `ANALYZE ${table}`);
    const values = [Buffer.from("a"), Buffer.from("a/"), Buffer.from("a0"), true, 10];
    const plan = await directQuery(url, `EXPLAIN ${namespacesStatement(table)}`, values);
    const lines = plan.flatMap((row) => Object.values(row)).join("\n");
    expect(lines).toMatch(/Index Only Scan|Index Scan/u);
    expect(lines).not.toMatch(/Seq Scan on "?\w*threads/u);
  });

  it("returns ids in byte order, including those that a text column cannot hold", async () => {
    const driver = postgresDriver({ connection: { connectionString: url }, table: stores.table });
    const { signal } = new AbortController();
    const record = {
      bytes: Buffer.from("{}"),
      unchanged: 0,
      trailerLength: 1,
      expiresAt: undefined,
      updatedAt: 0,
      changedMetadata: {},
    };
    for (const [n, id] of ["é", "Z", "a", "\0", "a\0"].entries()) {
      await driver.write({ namespace: "", id }, { ...record, nonce: `nonce-${n}` }, undefined, { signal });
    }
    const { records, next } = await driver.list("", { ...ALL_BY_ID, limit: 10 }, { signal });
    expect(records.map(({ id }) => id)).toEqual(["\0", "Z", "a", "a\0", "é"]);
    expect(next).toBeUndefined();
    const page = await driver.list("", { ...ALL_BY_ID, limit: 10, prefix: "a" }, { signal });
    expect(page.records.map(({ id }) => id)).toEqual(["a", "a\0"]);
    await driver.close();
  });
});
