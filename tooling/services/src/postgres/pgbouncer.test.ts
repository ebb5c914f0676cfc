import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { startPgBouncer } from "./pgbouncer.ts";
import { askPostgres } from "./psql.test-helper.ts";

describe("startPgBouncer", async () => {
  const { endpoint, servers, stop } = await startPgBouncer();
  afterAll(stop);

  it("executes statements on the server, and requires the password", async () => {
    expect(await askPostgres("SELECT 1", endpoint.url)).toBe("1");
    expect(await askPostgres("SELECT 1", endpoint.directUrl)).toBe("1");
    const wrong = endpoint.url.replace(/:\w+@/u, ":wrong@");
    await expect(askPostgres("SELECT 1", wrong)).rejects.toMatchObject({
      stderr: expect.stringContaining("authentication failed"),
    });
  });

  it("works again after a crash of the server and of PgBouncer", async () => {
    await servers.postgres.kill();
    await servers.postgres.restart();
    await servers.pgbouncer.kill();
    await servers.pgbouncer.restart();
    expect(await askPostgres("SELECT 2", endpoint.url)).toBe("2");
  });

  it("leaves neither a process nor an open port", async () => {
    await stop();
    expect(processStart(servers.pgbouncer.pid)).toBeUndefined();
    expect(await accepts(Number(new URL(endpoint.url).port))).toBe(false);
    expect(await accepts(Number(new URL(endpoint.directUrl).port))).toBe(false);
  });
});
