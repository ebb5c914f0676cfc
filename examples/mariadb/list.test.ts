import { ALL_BY_ID, idRange } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import type { RowDataPacket } from "mysql2/promise";
import { expect, it } from "vitest";
import { directQuery } from "./harness.ts";
import { namespacesStatement, pageStatement, recentPageStatement } from "./list.ts";
import { mariadbDriver } from "./mariadb-store.ts";
import { useStores } from "./mariadb.test-helper.ts";

await describeWithService("mariadb", "listing", ({ url }) => {
  const stores = useStores(url);

  it("reads a page of each order, and of the namespaces, through an index", async () => {
    const { table } = stores;
    await stores.open().save("a", {});
    await directQuery(
      url,
      `INSERT INTO ${table} (namespace, id, version, body, tail, size, recency)
       SELECT CONCAT('n', seq % 10), seq, seq, '', '', 0, -seq FROM seq_1_to_5000`,
    );
    await directQuery(url, `ANALYZE TABLE ${table}`);
    const planOf = async (sql: string, values: (string | number | Uint8Array)[]): Promise<RowDataPacket[]> =>
      directQuery<RowDataPacket[]>(url, `EXPLAIN ${sql}`, values);
    const byId = await planOf(pageStatement(table), ["n5", ...idRange({ after: "3000", prefix: "3" }), 10]);
    expect(byId).toMatchObject([{ type: "range", key: "PRIMARY" }]);
    const byRecency = await planOf(recentPageStatement(table), ["n5", -3000, -3000, "3000", 10]);
    expect(byRecency).toMatchObject([{ type: "range", key: "by_recency" }]);
    for (const [row] of [byId, byRecency]) expect(row?.["Extra"]).not.toContain("filesort");
    const namespaces = await planOf(namespacesStatement(table), ["", 1, "n", "o", 10, 10]);
    expect(JSON.stringify(namespaces)).toContain("Using index for group-by");
  });

  it("returns ids in byte order, including those that a text column would confuse", async () => {
    const driver = mariadbDriver({ connection: { uri: url }, table: stores.table });
    const { signal } = new AbortController();
    const record = {
      bytes: Buffer.from("{}"),
      unchanged: 0,
      trailerLength: 1,
      expiresAt: undefined,
      updatedAt: 0,
      changedMetadata: {},
    };
    for (const [n, id] of ["é", "e", "a ", "A", "a", "\0", "a\0"].entries()) {
      await driver.write({ namespace: "", id }, { ...record, nonce: `nonce-${n}` }, undefined, { signal });
    }
    const { records, next } = await driver.list("", { ...ALL_BY_ID, limit: 10 }, { signal });
    expect(records.map(({ id }) => id)).toEqual(["\0", "A", "a", "a\0", "a ", "e", "é"]);
    expect(next).toBeUndefined();
    const page = await driver.list("", { ...ALL_BY_ID, limit: 10, prefix: "a" }, { signal });
    expect(page.records.map(({ id }) => id)).toEqual(["a", "a\0", "a "]);
    await driver.close();
  });
});
