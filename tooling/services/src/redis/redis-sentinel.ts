import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Installation } from "../debian/debian-packages.ts";
import { freePorts, LOOPBACK } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import type { ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Address, type Service } from "../service.ts";
import { DURABLE, type FailoverOptions, provideRedis, startRedisServer } from "./redis-programs.ts";
import { withRedis } from "./with-redis.ts";

export interface RedisSentinelEndpoint {
  readonly sentinels: readonly Address[];
  /** The name of the master in the sentinels' configuration. */
  readonly master: string;
}

export type RedisSentinelService = Service<
  RedisSentinelEndpoint,
  {
    /** The master before any failover. */
    readonly master: ServerProcess;
    readonly replicas: readonly ServerProcess[];
    readonly sentinels: readonly ServerProcess[];
  }
>;

const MASTER_NAME = "threadstore";

/** Starts a Redis master with two replicas, and three sentinels that replace the master if it fails. */
export async function startRedisSentinel({
  failoverAfterMs = 1_000,
}: FailoverOptions = {}): Promise<RedisSentinelService> {
  const installation = await provideRedis();
  return startService("redis-sentinel", async (directory) => {
    const [masterPort = 0, ...ports] = await freePorts(6);
    const replication = [...DURABLE, "--repl-diskless-sync-delay", "0"];
    const start = (name: string, port: number, settings: readonly string[]) =>
      startRedisServer(directory, installation, { name, port, settings });

    const master = await start("master", masterPort, replication);
    const follow = [...replication, "--replicaof", `${LOOPBACK} ${masterPort}`];
    const replicas = await Promise.all(
      ports.slice(0, 2).map((port, index) => start(`replica-${index + 1}`, port, follow)),
    );
    // Sentinels that start later find the replicas at once.
    await waitUntil("the replicas to connect to the master", async () =>
      (await withRedis(masterPort, (redis) => redis.info("replication"))).includes("connected_slaves:2"),
    );
    const sentinelPorts = ports.slice(2);
    const sentinels = await Promise.all(
      sentinelPorts.map((port, index) =>
        startSentinel(directory, installation, {
          name: `sentinel-${index + 1}`,
          port,
          masterPort,
          failoverAfterMs,
        }),
      ),
    );
    await Promise.all(
      sentinelPorts.map((port) => waitUntil("the sentinels to know each other", () => isReady(port))),
    );
    const addresses = sentinelPorts.map((port) => ({ host: LOOPBACK, port }));
    return {
      endpoint: { sentinels: addresses, master: MASTER_NAME },
      servers: { master, replicas, sentinels },
    };
  });
}

async function startSentinel(
  directory: RunDirectory,
  installation: Installation,
  {
    name,
    port,
    masterPort,
    failoverAfterMs,
  }: { name: string; port: number; masterPort: number; failoverAfterMs: number },
): Promise<ServerProcess> {
  const configuration = join(directory.path, `${name}.conf`);
  await writeFile(
    configuration,
    `
sentinel monitor ${MASTER_NAME} ${LOOPBACK} ${masterPort} 2
sentinel down-after-milliseconds ${MASTER_NAME} ${failoverAfterMs}
sentinel failover-timeout ${MASTER_NAME} 4000
`,
  );
  return startRedisServer(directory, installation, { name, port, settings: [configuration, "--sentinel"] });
}

async function isReady(port: number): Promise<boolean> {
  const fields = (await withRedis(port, (redis) =>
    redis.call("SENTINEL", "MASTER", MASTER_NAME),
  )) as readonly string[];
  const count = (name: string) => Number(fields[fields.indexOf(name) + 1]);
  return count("num-slaves") === 2 && count("num-other-sentinels") === 2;
}
