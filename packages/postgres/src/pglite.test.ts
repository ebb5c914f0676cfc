// One file, because a PGlite takes seconds to start, and blocks its process meanwhile.
import { PGlite } from "@electric-sql/pglite";
import { register } from "@threadstore/conformance";
import { variantSelection } from "@threadstore/services/variant-selection";
import { afterAll, describe, expect, it, test } from "vitest";
import { clientHarness } from "./harness.test-helper.ts";
import { postgresStore } from "./postgres-store.ts";
import { type Direct, dropTables, expectAllCalls, freshPrefix } from "./postgres.test-helper.ts";
import { testRecords } from "./records.test-helper.ts";

const client = await PGlite.create();
afterAll(() => client.close());
const direct: Direct = async (statement, parameters) =>
  (await client.query<Record<string, unknown>>(statement, parameters)).rows;

describe("postgresStore in PGlite", () => {
  const harness = clientHarness("postgres, PGlite", client, direct);
  const selection = variantSelection({ tiers: ["core"], sections: ["Versions and races"] });
  register(harness, { describe, it, after: afterAll }, selection);
});

describe("records in PGlite", () => {
  testRecords({ client }, direct);
});

describe("a PGlite that is passed in", () => {
  test("stays open when the store is closed", async () => {
    const tablePrefix = freshPrefix();
    const store = postgresStore({ client, tablePrefix });
    await expectAllCalls(store);
    await store.close();
    expect(client.closed).toBe(false);
    await dropTables(direct, tablePrefix);
  });

  test("is MISCONFIGURED if it is closed", async () => {
    const closed = { query: () => Promise.reject(new Error("PGlite is closed")), closed: true };
    await expect(postgresStore({ client: closed }).save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
    });
  });

  test("never stores what another save encodes when an aborted save runs later", async () => {
    const tablePrefix = freshPrefix();
    const store = postgresStore({ client, tablePrefix });
    await store.load("warm");
    const transaction = Promise.withResolvers<void>();
    const blocked = client.transaction(() => transaction.promise);
    const controller = new AbortController();
    const aborted = store.save("first", { text: "1".repeat(5000) }, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const second = store.save("second", { text: "2".repeat(5000) });
    transaction.resolve();
    await Promise.all([blocked, second]);
    const stored = await store.load("first");
    expect([undefined, { text: "1".repeat(5000) }]).toContainEqual(stored?.thread);
    await dropTables(direct, tablePrefix);
  });
});
