import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { provide, type Installation } from "../debian/debian-packages.ts";
import { loopback } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { withRedis } from "./with-redis.ts";

export function provideRedis(): Promise<Installation> {
  return provide({
    name: "redis",
    packages: ["redis-server"],
    programs: ["redis-server"],
    remedy:
      "Install it (macOS: brew install redis), " +
      "or name a server that runs: THREADSTORE_TEST_REDIS_URL=redis://host:port",
  });
}

export interface FailoverOptions {
  /**
   * How long a master may be silent before a replica replaces it, in milliseconds. A server that tests do not kill needs
   * a long time, or else a busy machine causes a failover, in which the last writes are lost.
   */
  readonly failoverAfterMs?: number;
}

/** A `redis-server` with a folder of its own, and the given settings beside those that all of ours have. */
export async function startRedisServer(
  directory: RunDirectory,
  { program, environment }: Installation,
  { name, port, settings }: { name: string; port: number; settings: readonly string[] },
): Promise<ServerProcess> {
  const data = join(directory.path, name);
  await mkdir(data);
  return startServer(directory, {
    name,
    command: program("redis-server"),
    parameters: [...settings, "--bind", loopback, "--port", String(port), "--dir", data],
    environment,
    untilReady: (signal) => waitUntil(`${name} to answer`, () => answers(port), { signal }),
  });
}

/** Every write is on disk before it is acknowledged, so that a killed server comes back with all of them. */
export const durable: readonly string[] = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];

async function answers(port: number): Promise<boolean> {
  try {
    await withRedis(port, (redis) => redis.ping());
    return true;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    // Who wants a password is there; who still loads its data is not yet.
    if (message.startsWith("NOAUTH")) return true;
    if (message.startsWith("LOADING") || code === "ECONNREFUSED" || code === "ECONNRESET") return false;
    throw error;
  }
}
