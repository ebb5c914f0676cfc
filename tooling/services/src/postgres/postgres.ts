import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { provide, type Installation } from "../debian/debian-packages.ts";
import { freePorts, LOOPBACK } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Service } from "../service.ts";
import { asOrdinaryUser, NOBODY } from "./ordinary-user.ts";

export interface PostgresEndpoint {
  /** `postgres://user:password@host:port/database`, of a superuser. */
  readonly url: string;
}

/** `pause` suspends the process that accepts connections, but not the processes of open sessions. */
export type PostgresService = Service<PostgresEndpoint, { readonly postgres: ServerProcess }>;

/** The superuser of every cluster. */
export const POSTGRES_USER = "threadstore";

/** Starts a PostgreSQL server with its defaults: a commit is on disk before it is acknowledged. */
export async function startPostgres(): Promise<PostgresService> {
  const installation = await providePostgres();
  return startService("postgres", async (directory) => {
    const { postgres, ...login } = await startPostgresServer(directory, installation);
    return { endpoint: { url: postgresUrl(login) }, servers: { postgres } };
  });
}

/** How to log in to a server on the loopback interface. */
export interface PostgresLogin {
  readonly port: number;
  readonly password: string;
}

export function postgresUrl({ port, password }: PostgresLogin): string {
  return `postgres://${POSTGRES_USER}:${password}@${LOOPBACK}:${port}/postgres`;
}

/** Creates a database cluster in the folder of a service and starts its server. */
export async function startPostgresServer(
  directory: RunDirectory,
  installation: Installation,
): Promise<PostgresLogin & { readonly postgres: ServerProcess }> {
  const [port = 0] = await freePorts(1);
  const data = join(directory.path, "data");
  const password = randomBytes(12).toString("hex");
  await createDataFolder(data);
  await createCluster(directory, installation, { data, password });
  const postgres = await startPostgresProcess(directory, installation, { name: "postgres", data, port });
  return { port, password, postgres };
}

/** Starts a server on an existing database cluster. */
export function startPostgresProcess(
  directory: RunDirectory,
  installation: Installation,
  { name, data, port }: { readonly name: string; readonly data: string; readonly port: number },
): Promise<ServerProcess> {
  return startServer(directory, {
    name,
    ...asOrdinaryUser(installation.program("postgres"), ["-D", data, ...settingsFor(port)]),
    environment: installation.environment,
    // With SIGKILL, its other processes and their shared memory would remain. SIGQUIT is an immediate shutdown: nothing
    // more is written, and the next start has to recover.
    crashSignal: "SIGQUIT",
    untilReady: (signal) => waitUntil(`${name} to answer`, () => answers(installation, port), { signal }),
  });
}

/** Finds or fetches the programs of PostgreSQL. */
export function providePostgres(): Promise<Installation> {
  return provide({
    name: "postgresql",
    packages: ["postgresql"],
    programs: ["postgres", "initdb", "pg_isready", "psql", "pg_basebackup"],
    folder: "usr/lib/postgresql/*/bin",
    remedy:
      "Install it (macOS: brew install postgresql), " +
      "or set the address of a running server: THREADSTORE_TEST_POSTGRES_URL=postgres://user:password@host:port/database",
  });
}

/** Creates the folder of a database cluster for the user who runs the server. */
export async function createDataFolder(data: string): Promise<void> {
  await mkdir(data, { mode: 0o700 });
  if (process.getuid?.() === 0) await chown(data, NOBODY, NOBODY);
}

async function createCluster(
  { path }: RunDirectory,
  { program, environment }: Installation,
  { data, password }: { data: string; password: string },
): Promise<void> {
  const passwordFile = join(path, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  const { command, parameters } = asOrdinaryUser(program("initdb"), [
    `--pgdata=${data}`,
    `--username=${POSTGRES_USER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    // Only initdb: the server itself syncs.
    "--no-sync",
  ]);
  await promisify(execFile)(command, parameters, { cwd: path, env: { ...process.env, ...environment } });
}

function settingsFor(port: number): string[] {
  const settings = {
    listen_addresses: LOOPBACK,
    port,
    unix_socket_directories: "",
    // In the data folder, so that it is deleted with it.
    dynamic_shared_memory_type: "mmap",
    jit: "off",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function answers({ program, environment }: Installation, port: number): Promise<boolean> {
  try {
    await promisify(execFile)(program("pg_isready"), ["-h", LOOPBACK, "-p", String(port)], {
      env: { ...process.env, ...environment },
    });
    return true;
  } catch (error) {
    // 1: it is starting up. 2: it does not respond.
    if ([1, 2].includes((error as { code?: number }).code ?? 0)) return false;
    throw error;
  }
}
