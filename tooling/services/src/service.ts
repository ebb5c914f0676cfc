import { styleText } from "node:util";
import { createRunDirectory, type RunDirectory } from "./processes/run-directory.ts";
import type { ServerProcess } from "./processes/server-process.ts";

/** The servers of a service by their part in it. */
export type Servers = Readonly<Record<string, ServerProcess | readonly ServerProcess[]>>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A backend that was started for us, on the loopback and with free ports. */
export interface Service<Endpoint, Parts extends Servers = Servers> {
  /** How clients reach it: plain JSON. */
  readonly endpoint: Endpoint;
  /** Its servers, to be killed, paused and restarted one by one. */
  readonly servers: Parts;
  /** Ends its servers and removes their data; resolves when they are gone. Happens by itself when this process exits. */
  readonly stop: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** A server cannot be had on this machine. Its message says what to do about it. */
export class ServiceUnavailableError extends Error {
  override readonly name = "ServiceUnavailableError";
}

/** Starts a service in a folder of its own; leaves nothing behind if that fails. */
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
    announce(`${name} runs (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return { endpoint, servers, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    directory.remove();
    throw error;
  }
}

export function allServers(servers: Servers): ServerProcess[] {
  return Object.values<ServerProcess | readonly ServerProcess[]>(servers).flat();
}

/** Progress goes to the error output: the standard output of the command line tool is for endpoints. */
export function announce(line: string): void {
  process.stderr.write(`${styleText("dim", `  ${line}`, { stream: process.stderr })}\n`);
}
