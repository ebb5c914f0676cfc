import { describeWithService } from "@threadstore/services/vitest";
import { expect, it } from "vitest";
import { directQuery } from "./harness.ts";
import { useStores } from "./mariadb.test-helper.ts";

await describeWithService("mariadb", "records", ({ url }) => {
  const stores = useStores(url);

  it("12 stores that start at the same time create the table once", async () => {
    const saves = Array.from({ length: 12 }, (_, n) => stores.open().save(`thread-${n}`, { n }));
    const outcomes = await Promise.allSettled(saves);
    expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
    expect((await stores.open().listPage()).threads).toHaveLength(12);
  });

  it("a row has the time at which its thread expires, so that SQL can delete it", async () => {
    const store = stores.open();
    const { expiresAt } = await store.save("a", {}, { ttlMs: 60_000 });
    await store.save("b", {});
    expect(await directQuery(url, `SELECT expires_at FROM ${stores.table} ORDER BY id`)).toEqual([
      { expires_at: expiresAt?.getTime() },
      { expires_at: null },
    ]);
  });

  it("an append to a record that is shorter than expected is CORRUPT", async () => {
    const store = stores.open();
    await store.save("a", { padding: "x".repeat(1000), messages: [] });
    await directQuery(url, `UPDATE ${stores.table} SET body = '', size = LENGTH(tail)`);
    await expect(store.append("a", [1])).rejects.toMatchObject({ code: "CORRUPT", cause: { errno: 4025 } });
  });
});
