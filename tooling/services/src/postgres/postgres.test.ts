import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { asOrdinaryUser } from "./ordinary-user.ts";
import { startPostgres } from "./postgres.ts";
import { askPostgres } from "./psql.test-helper.ts";

describe("startPostgres", async () => {
  const { endpoint, servers, stop } = await startPostgres();
  afterAll(stop);

  const ask = (statement: string, url = endpoint.url): Promise<string> => askPostgres(statement, url);

  it("executes statements with synced commits, and requires the password", async () => {
    expect(await ask("SHOW fsync")).toBe("on");
    expect(await ask("SHOW synchronous_commit")).toBe("on");
    const wrong = endpoint.url.replace(/:\w+@/u, ":wrong@");
    await expect(ask("SELECT 1", wrong)).rejects.toMatchObject({
      stderr: expect.stringContaining("password authentication failed"),
    });
  });

  it("keeps every acknowledged write across a crash and a restart", async () => {
    await ask("CREATE TABLE written AS SELECT 'before the kill' AS line");
    await servers.postgres.kill();
    await servers.postgres.restart();
    expect(await ask("SELECT line FROM written")).toBe("before the kill");
  });

  it("leaves neither a process nor an open port", async () => {
    const port = Number(new URL(endpoint.url).port);
    await stop();
    expect(processStart(servers.postgres.pid)).toBeUndefined();
    expect(await accepts(port)).toBe(false);
  });
});

it("does not change the user unless it is root", () => {
  expect(asOrdinaryUser("postgres", ["-D", "data"], { uid: 1000 })).toEqual({
    command: "postgres",
    parameters: ["-D", "data"],
  });
});
