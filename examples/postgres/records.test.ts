import { ThreadStoreError } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, it } from "vitest";
import { directQuery } from "./harness.ts";
import { useStores } from "./postgres.test-helper.ts";

await describeWithService("postgres", "records", ({ url }) => {
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
      { expires_at: expiresAt },
      { expires_at: null },
    ]);
  });

  it("a lost race is a CONFLICT at the strictest isolation level too", async () => {
    const options = "-c default_transaction_isolation=serializable";
    const racers = Array.from({ length: 4 }, () => stores.open({ options }));
    const first = await stores.open().save("a", { n: 0 });
    const outcomes = await Promise.allSettled(
      racers.map((store, n) => store.save("a", { n }, { previous: first })),
    );
    const errors = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason as unknown] : [],
    );
    expect(errors).toHaveLength(3);
    for (const error of errors) expect(ThreadStoreError.is(error, "CONFLICT"), String(error)).toBe(true);
  });
});
