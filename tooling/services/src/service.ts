import { styleText } from "node:util";
import { createRunDirectory, type RunDirectory } from "./processes/run-directory.ts";
import type { ServerProcess } from "./processes/server-process.ts";

/** The servers of a service by role. */
export type Servers = Readonly<Record<string, ServerProcess | readonly ServerProcess[]>>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A running backend that listens on free ports of the loopback interface. */
export interface Service<Endpoint, Parts extends Servers = Servers> {
  /** Everything clients need to connect, as plain JSON. */
  readonly endpoint: Endpoint;
  /** Its servers, which tests can crash, pause and restart. */
  readonly servers: Parts;
  /** Ends the servers and removes their data. Happens automatically when this process exits. */
  readonly stop: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** A server is not available on this machine. The message says how to get it. */
export class ServiceUnavailableError extends Error {
  override readonly name = "ServiceUnavailableError";
}

/** Starts a service in a new folder, which is removed if that fails. */
export async function startService<Endpoint, Parts extends Servers>(
  name: string,
  start: (directory: RunDirectory) => Promise<{ endpoint: Endpoint; servers: Parts }>,
): Promise<Service<Endpoint, Parts>> {
  const started = performance.now();
  const directory = createRunDirectory(name);
  try {
    const { endpoint, servers } = await start(directory);
    const stop = async () => {
      await Promise.all(allServers(servers).map((server) => server.kill()));
      directory.remove();
    };
    announce(`${name} is running (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return { endpoint, servers, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    directory.remove();
    throw error;
  }
}

export function allServers(servers: Servers): ServerProcess[] {
  return Object.values<ServerProcess | readonly ServerProcess[]>(servers).flat();
}

/** Prints progress to stderr, because the command line tool prints endpoints to stdout. */
export function announce(line: string): void {
  process.stderr.write(`${styleText("dim", `  ${line}`, { stream: process.stderr })}\n`);
}
