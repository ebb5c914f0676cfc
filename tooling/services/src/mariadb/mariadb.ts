import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { provide, type Installation } from "../debian/debian-packages.ts";
import { freePorts, LOOPBACK } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Service } from "../service.ts";

export interface MariadbEndpoint {
  /** `mysql://user:password@host:port/database`, of a user with all privileges. */
  readonly url: string;
}

export type MariadbService = Service<MariadbEndpoint, { readonly mariadb: ServerProcess }>;

const NAME = "threadstore";

/** Starts a MariaDB server: a commit is on disk before it is acknowledged. */
export async function startMariadb(): Promise<MariadbService> {
  const installation = await provideMariadb();
  return startService("mariadb", async (directory) => {
    const [port = 0] = await freePorts(1);
    const password = randomBytes(12).toString("hex");
    const data = join(directory.path, "data");
    await createDataFolder(directory, installation, data);
    const mariadb = await startServer(directory, {
      name: "mariadb",
      command: installation.program("mariadbd"),
      parameters: [
        ...commonParameters(installation, data),
        ...Object.entries(settingsFor(port)).map(([name, value]) => `--${name}=${value}`),
        `--init-file=${await writeInitFile(directory, password)}`,
      ],
      environment: installation.environment,
      untilReady: (signal) => waitUntil("mariadb to answer", () => greets(port), { signal }),
    });
    const url = `mysql://${NAME}:${password}@${LOOPBACK}:${port}/${NAME}`;
    return { endpoint: { url }, servers: { mariadb } };
  });
}

/** Finds or fetches the programs of MariaDB. */
export function provideMariadb(): Promise<Installation> {
  return provide({
    name: "mariadb",
    packages: ["mariadb-server-core", "mariadb-client-core"],
    programs: ["mariadbd"],
    folder: "usr/sbin",
    remedy:
      "Install it (macOS: brew install mariadb), " +
      "or set the address of a running server: THREADSTORE_TEST_MARIADB_URL=mysql://user:password@host:port/database",
  });
}

function commonParameters({ libraries }: Installation, data: string): string[] {
  return [
    // Must be first.
    "--no-defaults",
    `--basedir=${join(libraries, "../..")}`,
    `--datadir=${data}`,
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
  ];
}

/** Creates the system tables. */
async function createDataFolder(
  { path }: RunDirectory,
  installation: Installation,
  data: string,
): Promise<void> {
  const parameters = [
    ...commonParameters(installation, data),
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    "--skip-name-resolve",
    "--skip-log-bin",
  ];
  await promisify(execFile)("mariadb-install-db", parameters, {
    cwd: path,
    env: { ...process.env, ...installation.environment },
  });
}

function settingsFor(port: number): Readonly<Record<string, string | number>> {
  return {
    port,
    "bind-address": LOOPBACK,
    // In the data folder. An absolute path could exceed the length that the system permits.
    socket: "mariadb.sock",
    "skip-name-resolve": 1,
    "innodb-flush-log-at-trx-commit": 1,
    // Small, because tests start several servers.
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "48M",
    "performance-schema": 0,
  };
}

/** Writes statements that the server executes at each start, and resolves with the path. */
async function writeInitFile({ path }: RunDirectory, password: string): Promise<string> {
  const file = join(path, "init.sql");
  const statements = [
    `CREATE USER IF NOT EXISTS ${NAME} IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO ${NAME} WITH GRANT OPTION;`,
    `CREATE DATABASE IF NOT EXISTS ${NAME};`,
  ];
  await writeFile(file, `${statements.join("\n")}\n`, { mode: 0o600 });
  return file;
}

/** Resolves with whether a server greets a client, which it does when it is ready. It accepts connections earlier. */
async function greets(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  try {
    await once(socket, "readable");
    return socket.read() !== null;
  } catch (error) {
    if (["ECONNREFUSED", "ECONNRESET"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}
