import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { provide, type Installation } from "../debian/debian-packages.ts";
import { LOOPBACK } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { withRedis } from "./with-redis.ts";

/** Finds or fetches the programs of Redis. */
export function provideRedis(): Promise<Installation> {
  return provide({
    name: "redis",
    packages: ["redis-server"],
    programs: ["redis-server"],
    remedy:
      "Install it (macOS: brew install redis), " +
      "or set the address of a running server: THREADSTORE_TEST_REDIS_URL=redis://host:port",
  });
}

export interface FailoverOptions {
  /**
   * How long a master may be silent before a replica replaces it, in milliseconds. A server that tests do not kill needs
   * a long time, or else a busy machine causes a failover, in which the last writes are lost.
   */
  readonly failoverAfterMs?: number;
}

/** Starts a `redis-server` in a folder of its name, with additional settings. */
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
    parameters: [...settings, "--bind", LOOPBACK, "--port", String(port), "--dir", data],
    environment,
    untilReady: (signal) => waitUntil(`${name} to answer`, () => answers(port), { signal }),
  });
}

/** The settings with which every write is on disk before it is acknowledged, and so survives a crash. */
export const DURABLE: readonly string[] = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];

async function answers(port: number): Promise<boolean> {
  try {
    await withRedis(port, (redis) => redis.ping());
    return true;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    // A server that requires a password is ready. One that is loading its data is not.
    if (message.startsWith("NOAUTH")) return true;
    if (message.startsWith("LOADING") || code === "ECONNREFUSED" || code === "ECONNRESET") return false;
    throw error;
  }
}
