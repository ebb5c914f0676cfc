import type { Redis } from "ioredis";
import { freePorts, LOOPBACK } from "../processes/ports.ts";
import type { ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Address, type Service } from "../service.ts";
import { DURABLE, type FailoverOptions, provideRedis, startRedisServer } from "./redis-programs.ts";
import { withRedis } from "./with-redis.ts";

export interface RedisClusterEndpoint {
  /** All nodes. A client needs to know only one. */
  readonly nodes: readonly Address[];
}

export type RedisClusterService = Service<
  RedisClusterEndpoint,
  {
    /** Each serves a third of the slots. */
    readonly masters: readonly ServerProcess[];
    /** Each replicates the master at the same index. */
    readonly replicas: readonly ServerProcess[];
  }
>;

const SLOTS = 16_384;
const MASTERS = 3;

/** The node timeout while the cluster forms: the shorter it is, the more often nodes exchange what they know. */
const FORMING_MS = 2_000;

/** Starts a Redis Cluster of three masters with one replica each. Needs Redis 7. */
export async function startRedisCluster({
  failoverAfterMs = 2_000,
}: FailoverOptions = {}): Promise<RedisClusterService> {
  const installation = await provideRedis();
  return startService("redis-cluster", async (directory) => {
    const ports = await freePorts(MASTERS * 4);
    const nodes = Array.from({ length: MASTERS * 2 }, (_, index) => {
      const [port = 0, busPort = 0] = ports.slice(index * 2);
      return { name: `node-${index + 1}`, port, busPort };
    });
    const servers = await Promise.all(
      nodes.map(({ name, port, busPort }) => {
        const cluster = ["--cluster-enabled", "yes", "--cluster-port", String(busPort)];
        const failover = ["--cluster-node-timeout", String(FORMING_MS), "--repl-diskless-sync-delay", "0"];
        return startRedisServer(directory, installation, {
          name,
          port,
          settings: [...DURABLE, ...cluster, ...failover],
        });
      }),
    );
    await formCluster(nodes);
    await Promise.all(
      nodes.map(({ port }) =>
        withRedis(port, (redis) => redis.config("SET", "cluster-node-timeout", failoverAfterMs)),
      ),
    );
    return {
      endpoint: { nodes: nodes.map(({ port }) => ({ host: LOOPBACK, port })) },
      servers: { masters: servers.slice(0, MASTERS), replicas: servers.slice(MASTERS) },
    };
  });
}

interface Node {
  readonly port: number;
  readonly busPort: number;
}

async function formCluster(nodes: readonly Node[]): Promise<void> {
  const masters = nodes.slice(0, MASTERS);
  await Promise.all(masters.map(({ port }, index) => withRedis(port, (redis) => takeSlots(redis, index))));
  await introduce(nodes);
  await Promise.all(
    masters.map(async ({ port }, index) => {
      const masterId = String(await withRedis(port, (redis) => redis.call("CLUSTER", "MYID")));
      const replicaPort = nodes[MASTERS + index]?.port ?? 0;
      await withRedis(replicaPort, (redis) => redis.call("CLUSTER", "REPLICATE", masterId));
    }),
  );
  await Promise.all(nodes.map(({ port }) => waitUntil("the cluster to be complete", () => isComplete(port))));
}

function firstSlotOf(index: number): number {
  return Math.floor((index * SLOTS) / MASTERS);
}

async function takeSlots(redis: Redis, index: number): Promise<void> {
  // Masters with the same epoch would spend their first second resolving the conflict.
  await redis.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
  await redis.call(
    "CLUSTER",
    "ADDSLOTSRANGE",
    String(firstSlotOf(index)),
    String(firstSlotOf(index + 1) - 1),
  );
}

async function introduce([first, ...others]: readonly Node[]): Promise<void> {
  if (first === undefined) return;
  await withRedis(first.port, async (redis) => {
    for (const { port, busPort } of others) {
      await redis.call("CLUSTER", "MEET", LOOPBACK, String(port), String(busPort));
    }
  });
  const all = others.length + 1;
  await Promise.all(
    [first, ...others].map(({ port }) =>
      waitUntil("the nodes to know each other", async () => (await membersKnownTo(port)) === all),
    ),
  );
}

async function membersKnownTo(port: number): Promise<number> {
  const nodes = String(await withRedis(port, (redis) => redis.call("CLUSTER", "NODES")));
  return nodes.split("\n").filter((line) => line !== "" && !line.includes("handshake")).length;
}

/** Whether a node knows that all slots are served and that replication is running. */
async function isComplete(port: number): Promise<boolean> {
  return withRedis(port, async (redis) => {
    const cluster = String(await redis.call("CLUSTER", "INFO"));
    const replication = await redis.info("replication");
    const nodes = String(await redis.call("CLUSTER", "NODES"));
    const follows =
      replication.includes("connected_slaves:1") || replication.includes("master_link_status:up");
    return cluster.includes("cluster_state:ok") && follows && nodes.match(/slave/gu)?.length === MASTERS;
  });
}
