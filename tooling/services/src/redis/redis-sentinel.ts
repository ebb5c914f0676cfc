import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Installation } from "../debian/debian-packages.ts";
import { freePorts, loopback } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import type { ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Address, type Service } from "../service.ts";
import { durable, type FailoverOptions, provideRedis, startRedisServer } from "./redis-programs.ts";
import { withRedis } from "./with-redis.ts";

export interface RedisSentinelEndpoint {
  readonly sentinels: readonly Address[];
  /** The name under which the sentinels know the master. */
  readonly master: string;
}

export type RedisSentinelService = Service<
  RedisSentinelEndpoint,
  {
    /** The master at the start. */
    readonly master: ServerProcess;
    readonly replicas: readonly ServerProcess[];
    readonly sentinels: readonly ServerProcess[];
  }
>;

const masterName = "threadstore";

/** Starts a Redis master with two replicas, and three sentinels that replace the master if it fails. */
export async function startRedisSentinel({
  failoverAfterMs = 1_000,
}: FailoverOptions = {}): Promise<RedisSentinelService> {
  const installation = await provideRedis();
  return startService("redis-sentinel", async (directory) => {
    const [masterPort = 0, ...ports] = await freePorts(6);
    const replication = [...durable, "--repl-diskless-sync-delay", "0"];
    const start = (name: string, port: number, settings: readonly string[]) =>
      startRedisServer(directory, installation, { name, port, settings });

    const master = await start("master", masterPort, replication);
    const follow = [...replication, "--replicaof", `${loopback} ${masterPort}`];
    const replicas = await Promise.all(
      ports.slice(0, 2).map((port, index) => start(`replica-${index + 1}`, port, follow)),
    );
    // Sentinels that know the replicas from the start need not wait for their next look.
    await waitUntil("the replicas to follow", async () =>
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
    const addresses = sentinelPorts.map((port) => ({ host: loopback, port }));
    return {
      endpoint: { sentinels: addresses, master: masterName },
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
sentinel monitor ${masterName} ${loopback} ${masterPort} 2
sentinel down-after-milliseconds ${masterName} ${failoverAfterMs}
sentinel failover-timeout ${masterName} 4000
`,
  );
  return startRedisServer(directory, installation, { name, port, settings: [configuration, "--sentinel"] });
}

async function isReady(port: number): Promise<boolean> {
  const facts = (await withRedis(port, (redis) =>
    redis.call("SENTINEL", "MASTER", masterName),
  )) as readonly string[];
  const count = (name: string) => Number(facts[facts.indexOf(name) + 1]);
  return count("num-slaves") === 2 && count("num-other-sentinels") === 2;
}
