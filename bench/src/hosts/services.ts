import { appendFileSync } from "node:fs";
import type { ThreadStore } from "@threadstore/core";
import { redisStore } from "@threadstore/redis";
import { s3Store } from "@threadstore/s3";
import type { S3ConnectionOptions } from "@threadstore/s3";
import type { Address, PostgresEndpoint, Servers } from "@threadstore/services";
import { startCeph, startPostgres, startRedisCluster } from "@threadstore/services";
import { Cluster, Redis } from "ioredis";
import { Pool } from "pg";
import { newBucket, openPostgres, type OpenedStore } from "../stores/open-stores.ts";
import { HOST_NETWORK } from "./host.ts";

/** How a client opens a store, as JSON. */
export type ClientStore =
  | { readonly kind: "redis-cluster"; readonly nodes: readonly Address[] }
  | { readonly kind: "postgres"; readonly endpoint: PostgresEndpoint }
  | { readonly kind: "ceph"; readonly options: S3ConnectionOptions };

export type ServiceName = ClientStore["kind"];

/** Servers that clients on other hosts can reach. */
export interface RunningService {
  readonly store: ClientStore;
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

export const SERVICES: Readonly<Record<ServiceName, () => Promise<RunningService>>> = {
  async "redis-cluster"() {
    const { endpoint, servers, stop } = await startRedisCluster();
    await unprotect(endpoint.nodes);
    return { store: { kind: "redis-cluster", ...endpoint }, pids: pidsOf(servers), stop };
  },
  async postgres() {
    const { endpoint, servers, stop } = await startPostgres();
    await allowHosts(endpoint);
    return { store: { kind: "postgres", endpoint }, pids: pidsOf(servers), stop };
  },
  async ceph() {
    const { endpoint, servers, stop } = await startCeph({ store: "memstore" });
    return { store: { kind: "ceph", options: await newBucket(endpoint) }, pids: pidsOf(servers), stop };
  },
};

export function openClientStore(store: ClientStore): OpenedStore {
  if (store.kind === "postgres") return openPostgres(store.endpoint);
  if (store.kind === "ceph") return closing(s3Store(store.options));
  const client = new Cluster(store.nodes.map((address) => ({ ...address })));
  return closing(redisStore({ client }), () => client.disconnect());
}

function closing(store: ThreadStore, close: () => void = () => undefined): OpenedStore {
  return {
    store,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      close();
    },
  };
}

function pidsOf(servers: Servers): readonly number[] {
  return Object.values(servers)
    .flat()
    .map(({ pid }) => pid);
}

/** By default, Redis without a password only answers clients of the same host. */
async function unprotect(nodes: readonly Address[]): Promise<void> {
  for (const { host, port } of nodes) {
    const client = new Redis({ host, port });
    await client.config("SET", "protected-mode", "no");
    client.disconnect();
  }
}

/** By default, PostgreSQL only lets clients of the same host in. */
async function allowHosts({ url }: PostgresEndpoint): Promise<void> {
  const pool = new Pool({ connectionString: url });
  try {
    const { rows } = await pool.query<{ hba_file: string }>("SHOW hba_file");
    const [{ hba_file: file } = { hba_file: "" }] = rows;
    appendFileSync(file, `host all all ${HOST_NETWORK} scram-sha-256\n`);
    await pool.query("SELECT pg_reload_conf()");
  } finally {
    await pool.end();
  }
}
