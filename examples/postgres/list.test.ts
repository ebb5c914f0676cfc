import { ALL_BY_ID, idRange } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, it } from "vitest";
import { directQuery } from "./harness.ts";
import { pageStatement } from "./list.ts";
import { postgresDriver } from "./postgres-store.ts";
import { useStores } from "./postgres.test-helper.ts";

await describeWithService("postgres", "listing", ({ url }) => {
  const stores = useStores(url);

  it("reads a page through the index", async () => {
    const { table } = stores;
    await stores.open().save("a", {});
    const insert = `
      INSERT INTO ${table} SELECT convert_to('n' || n % 10, 'UTF8'), convert_to(n::text, 'UTF8'), n, '', ''
      FROM generate_series(1, 5000) AS n`;
    await directQuery(url, insert);
    await directQuery(url, `ANALYZE ${table}`);
    const values = [Buffer.from("n5"), ...idRange({ after: "3000", prefix: "3" }), 10];
    const plan = await directQuery(url, `EXPLAIN ${pageStatement(table)}`, values);
    const lines = plan.flatMap((row) => Object.values(row));
    expect(lines.join("\n")).toMatch(/Index Scan/u);
    expect(lines.join("\n")).toMatch(/Index Cond: .*namespace = .* AND .*id >= .* AND .*id < /u);
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
