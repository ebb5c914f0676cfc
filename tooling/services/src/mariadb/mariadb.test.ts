import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { provideMariadb, startMariadb } from "./mariadb.ts";

describe("startMariadb", async () => {
  const { endpoint, servers, stop } = await startMariadb();
  afterAll(stop);

  /** Runs a statement with the program `mariadb` and resolves with its output. */
  async function ask(statement: string, password = new URL(endpoint.url).password): Promise<string> {
    const { environment } = await provideMariadb();
    const { hostname, port, username, pathname } = new URL(endpoint.url);
    const login = [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, pathname.slice(1)];
    const parameters = [
      "--no-defaults",
      "--batch",
      "--skip-column-names",
      `--execute=${statement}`,
      ...login,
    ];
    const env = { ...process.env, ...environment, MYSQL_PWD: password };
    const { stdout } = await promisify(execFile)("mariadb", parameters, { env });
    return stdout.trim();
  }

  it("executes statements with synced commits, and requires the password", async () => {
    expect(await ask("SELECT @@innodb_flush_log_at_trx_commit")).toBe("1");
    await expect(ask("SELECT 1", "wrong")).rejects.toMatchObject({
      stderr: expect.stringContaining("Access denied"),
    });
  });

  it("keeps every acknowledged write across a crash and a restart", async () => {
    await ask("CREATE TABLE written AS SELECT 'before the kill' AS line");
    await servers.mariadb.kill();
    await servers.mariadb.restart();
    expect(await ask("SELECT line FROM written")).toBe("before the kill");
  });

  it("leaves neither a process nor an open port", async () => {
    await stop();
    expect(processStart(servers.mariadb.pid)).toBeUndefined();
    expect(await accepts(Number(new URL(endpoint.url).port))).toBe(false);
  });
});
