import { type PostgresService, startPostgres } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, expect, it } from "vitest";
import { directQuery } from "./harness.ts";
import { postgresStore } from "./postgres-store.ts";

await describeWithService("postgres", "a server that crashes", () => {
  let service: PostgresService;
  let connectionString: string;
  beforeAll(async () => {
    service = await startPostgres();
    connectionString = service.endpoint.url;
    // With these settings, commits do not wait for the disk, and reach it seconds later.
    await directQuery(connectionString, "ALTER SYSTEM SET synchronous_commit = off");
    await directQuery(connectionString, "ALTER SYSTEM SET wal_writer_delay = '10s'");
    await service.servers.postgres.kill();
    await service.servers.postgres.restart();
  });
  afterAll(() => service.stop());

  it("has every acknowledged save and delete, even with synchronous_commit = off", async () => {
    const store = postgresStore({ connection: { connectionString } });
    expect(await directQuery(connectionString, "SHOW synchronous_commit")).toEqual([
      { synchronous_commit: "off" },
    ]);
    const first = await store.save("replaced", { n: 1 });
    await store.save("deleted", {});
    for (const lastCall of [
      () => store.save("replaced", { n: 2 }, { previous: first }),
      () => store.delete("deleted"),
      () => store.save("created", { n: 3 }),
    ]) {
      // Flushes everything that does not belong to the call.
      await directQuery(connectionString, "CHECKPOINT");
      await lastCall();
      await service.servers.postgres.kill();
      await service.servers.postgres.restart();
    }
    expect((await store.load("replaced"))?.thread).toEqual({ n: 2 });
    expect(await store.load("deleted")).toBeUndefined();
    expect((await store.load("created"))?.thread).toEqual({ n: 3 });
    await store.close();
  });

  it("is UNAVAILABLE until it is back", async () => {
    const store = postgresStore({ connection: { connectionString }, maxRetries: 0 });
    await store.save("idle", { n: 1 }, { overwrite: true });
    await service.servers.postgres.kill();
    await expect(store.load("idle")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await service.servers.postgres.restart();
    expect((await store.load("idle"))?.thread).toEqual({ n: 1 });
    await store.close();
  });
});
