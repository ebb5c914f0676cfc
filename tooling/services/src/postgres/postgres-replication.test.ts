import { afterAll, describe, expect, it } from "vitest";
import { startPostgresReplication } from "./postgres-replication.ts";
import { askPostgres } from "./psql.test-helper.ts";

describe("startPostgresReplication", async () => {
  const { endpoint, servers, stop } = await startPostgresReplication();
  afterAll(stop);

  it("has each acknowledged commit on the standby, which can replace the primary", async () => {
    const { url, standbyUrl } = endpoint;
    expect(await askPostgres("SELECT pg_is_in_recovery()", standbyUrl)).toBe("t");
    await askPostgres("CREATE TABLE written AS SELECT 'before the crash' AS line", url);
    await servers.primary.kill();
    expect(await askPostgres("SELECT pg_promote()", standbyUrl)).toBe("t");
    expect(await askPostgres("SELECT line FROM written", standbyUrl)).toBe("before the crash");
  });
});
