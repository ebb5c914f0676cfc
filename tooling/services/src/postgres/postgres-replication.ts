import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Installation } from "../debian/debian-packages.ts";
import { freePorts } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import type { ServerProcess } from "../processes/server-process.ts";
import { startService, type Service } from "../service.ts";
import { asOrdinaryUser } from "./ordinary-user.ts";
import {
  createDataFolder,
  type PostgresLogin,
  postgresUrl,
  providePostgres,
  startPostgresProcess,
  startPostgresServer,
} from "./postgres.ts";

export interface PostgresReplicationEndpoint {
  /** `postgres://user:password@host:port/database`, of the primary. */
  readonly url: string;
  /** The same for the standby. `SELECT pg_promote()` makes it a primary. */
  readonly standbyUrl: string;
}

export type PostgresReplicationService = Service<
  PostgresReplicationEndpoint,
  { readonly primary: ServerProcess; readonly standby: ServerProcess }
>;

/**
 * Starts a PostgreSQL server and a hot standby of it. The primary acknowledges a commit once it is on the disk of the
 * standby, too, so that a failover loses none.
 */
export async function startPostgresReplication(): Promise<PostgresReplicationService> {
  const installation = await providePostgres();
  return startService("postgres-replication", async (directory) => {
    const { postgres: primary, ...login } = await startPostgresServer(directory, installation);
    const { postgres: standby, ...standbyLogin } = await startStandby(directory, installation, login);
    await run(directory, installation, "psql", [
      "--no-psqlrc",
      `--dbname=${postgresUrl(login)}`,
      "--command=ALTER SYSTEM SET synchronous_standby_names = '*'",
      "--command=SELECT pg_reload_conf()",
    ]);
    return {
      endpoint: { url: postgresUrl(login), standbyUrl: postgresUrl(standbyLogin) },
      servers: { primary, standby },
    };
  });
}

/** Copies the primary's database cluster and starts a server that follows the primary. */
async function startStandby(
  directory: RunDirectory,
  installation: Installation,
  { password, ...primary }: PostgresLogin,
): Promise<PostgresLogin & { readonly postgres: ServerProcess }> {
  const [port = 0] = await freePorts(1);
  const data = join(directory.path, "standby");
  await createDataFolder(data);
  await run(directory, installation, "pg_basebackup", [
    `--dbname=${postgresUrl({ ...primary, password })}`,
    `--pgdata=${data}`,
    "--write-recovery-conf",
    "--checkpoint=fast",
    "--no-sync",
  ]);
  const postgres = await startPostgresProcess(directory, installation, { name: "standby", data, port });
  return { port, password, postgres };
}

async function run(
  { path }: RunDirectory,
  { program, environment }: Installation,
  name: string,
  options: readonly string[],
): Promise<void> {
  const { command, parameters } = asOrdinaryUser(program(name), options);
  await promisify(execFile)(command, parameters, { cwd: path, env: { ...process.env, ...environment } });
}
