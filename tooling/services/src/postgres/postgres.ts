import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { provide, type Installation } from "../debian/debian-packages.ts";
import { freePorts, loopback } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Service } from "../service.ts";
import { asOrdinaryUser, nobody } from "./ordinary-user.ts";

export interface PostgresEndpoint {
  /** `postgres://user:password@host:port/database`, of a superuser. */
  readonly url: string;
}

/** Its sessions are processes of their own: `pause` stops the one that accepts connections, not those. */
export type PostgresService = Service<PostgresEndpoint, { readonly postgres: ServerProcess }>;

const user = "threadstore";

/** One PostgreSQL server with its defaults: a commit is on disk before it is acknowledged. */
export async function startPostgres(): Promise<PostgresService> {
  const installation = await providePostgres();
  return startService("postgres", async (directory) => {
    const [port = 0] = await freePorts(1);
    const data = join(directory.path, "data");
    const password = randomBytes(12).toString("hex");
    await createCluster(directory, installation, { data, password });
    const postgres = await startServer(directory, {
      name: "postgres",
      ...asOrdinaryUser(installation.program("postgres"), ["-D", data, ...settingsFor(port)]),
      environment: installation.environment,
      // SIGKILL would leave its other processes, and their shared memory behind. This is its own way to crash: it writes
      // nothing more, and has to recover at the next start.
      crashSignal: "SIGQUIT",
      untilReady: (signal) => waitUntil("postgres to answer", () => answers(installation, port), { signal }),
    });
    return {
      endpoint: { url: `postgres://${user}:${password}@${loopback}:${port}/postgres` },
      servers: { postgres },
    };
  });
}

/** The programs of PostgreSQL. */
export function providePostgres(): Promise<Installation> {
  return provide({
    name: "postgresql",
    packages: ["postgresql"],
    programs: ["postgres", "initdb", "pg_isready"],
    folder: "usr/lib/postgresql/*/bin",
    remedy:
      "Install it (macOS: brew install postgresql), " +
      "or name a server that runs: THREADSTORE_TEST_POSTGRES_URL=postgres://user:password@host:port/database",
  });
}

async function createCluster(
  { path }: RunDirectory,
  { program, environment }: Installation,
  { data, password }: { data: string; password: string },
): Promise<void> {
  const passwordFile = join(path, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  await mkdir(data);
  if (process.getuid?.() === 0) await chown(data, nobody, nobody);
  const { command, parameters } = asOrdinaryUser(program("initdb"), [
    `--pgdata=${data}`,
    `--username=${user}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    // What it makes here is lost in a power failure anyway. The server syncs.
    "--no-sync",
  ]);
  await promisify(execFile)(command, parameters, { cwd: path, env: { ...process.env, ...environment } });
}

function settingsFor(port: number): string[] {
  const settings = {
    listen_addresses: loopback,
    port,
    unix_socket_directories: "",
    // In the data, where it goes with them.
    dynamic_shared_memory_type: "mmap",
    jit: "off",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function answers({ program, environment }: Installation, port: number): Promise<boolean> {
  try {
    await promisify(execFile)(program("pg_isready"), ["-h", loopback, "-p", String(port)], {
      env: { ...process.env, ...environment },
    });
    return true;
  } catch (error) {
    // 1: it is starting up; 2: nobody answers.
    if ([1, 2].includes((error as { code?: number }).code ?? 0)) return false;
    throw error;
  }
}
