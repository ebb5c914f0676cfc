import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { provide, type Installation } from "../debian/debian-packages.ts";
import { accepts, freePorts, LOOPBACK } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Service } from "../service.ts";
import { asOrdinaryUser } from "./ordinary-user.ts";
import {
  POSTGRES_USER,
  type PostgresLogin,
  postgresUrl,
  providePostgres,
  startPostgresServer,
} from "./postgres.ts";

export interface PgBouncerEndpoint {
  /** `postgres://user:password@host:port/database`, through PgBouncer. */
  readonly url: string;
  /** The same database without PgBouncer. */
  readonly directUrl: string;
}

export type PgBouncerService = Service<
  PgBouncerEndpoint,
  { readonly postgres: ServerProcess; readonly pgbouncer: ServerProcess }
>;

/**
 * Starts a PostgreSQL server and a PgBouncer in transaction mode in front of it: consecutive transactions of a client
 * run on any of a few server connections.
 */
export async function startPgBouncer(): Promise<PgBouncerService> {
  const [postgresInstallation, installation] = await Promise.all([providePostgres(), providePgBouncer()]);
  return startService("pgbouncer", async (directory) => {
    const { postgres, ...login } = await startPostgresServer(directory, postgresInstallation);
    const [port = 0] = await freePorts(1);
    const pgbouncer = await startServer(directory, {
      name: "pgbouncer",
      ...asOrdinaryUser(installation.program("pgbouncer"), [
        await writeConfiguration(directory, port, login),
      ]),
      environment: installation.environment,
      untilReady: (signal) => waitUntil("pgbouncer to answer", () => accepts(port), { signal }),
    });
    return {
      endpoint: { url: postgresUrl({ ...login, port }), directUrl: postgresUrl(login) },
      servers: { postgres, pgbouncer },
    };
  });
}

function providePgBouncer(): Promise<Installation> {
  return provide({
    name: "pgbouncer",
    packages: ["pgbouncer"],
    programs: ["pgbouncer"],
    folder: "usr/sbin",
    remedy:
      "Install it (macOS: brew install pgbouncer), " +
      "or set the address of a running one: THREADSTORE_TEST_PGBOUNCER_URL=postgres://user:password@host:port/database",
  });
}

/** Resolves with the path of the configuration. */
async function writeConfiguration(
  { path }: RunDirectory,
  port: number,
  login: PostgresLogin,
): Promise<string> {
  const users = join(path, "users.txt");
  await writeFile(users, `"${POSTGRES_USER}" "${login.password}"\n`, { mode: 0o600 });
  const settings = {
    listen_addr: LOOPBACK,
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: users,
    pool_mode: "transaction",
    // Fewer than clients, so that they take turns.
    default_pool_size: 10,
    // Reconnects immediately after a crash of the server.
    server_login_retry: 0.2,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const file = join(path, "pgbouncer.ini");
  const database = `* = host=${LOOPBACK} port=${login.port}`;
  await writeFile(file, ["[databases]", database, "[pgbouncer]", ...lines, ""].join("\n"), { mode: 0o600 });
  return file;
}
