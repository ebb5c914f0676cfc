import type { StoreOptions } from "@threadstore/core";
import { checkOptionNames, type OptionNames } from "@threadstore/core/driver";
import type { Cluster, Redis } from "ioredis";

interface CommonOptions {
  /**
   * The first part of every key, followed by a colon. Stores with different prefixes share nothing.
   * @default "threadstore"
   */
  readonly prefix?: string | undefined;
  /**
   * Makes each save and delete wait (`WAIT`) until this many replicas have it. Not available with a `Cluster`. If the
   * response to a save was lost and the save is then found on the master, the store does not wait for replicas.
   * @default none: a save is acknowledged as soon as the master has it
   */
  readonly replicas?: ReplicaOptions | undefined;
}

export interface ReplicaOptions {
  /** How many replicas must have a save or delete before it is acknowledged. */
  readonly count: number;
  /**
   * How long to wait for them, in milliseconds. After that, the call rejects with `OUTCOME_UNKNOWN`: the change is on
   * the master, but a failover may lose it.
   * @default 1000
   */
  readonly timeoutMs?: number | undefined;
}

/** The store connects to a single server on the first call, and closes the connection in `close`. */
export interface RedisUrlOptions extends CommonOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url: string;
  readonly client?: undefined;
}

/**
 * A client of ioredis. Names only some of its members, because for TypeScript the classes of different versions of
 * ioredis, or of two installed copies of one version, are different types.
 */
export interface RedisClientLike {
  readonly status: string;
  readonly options: object;
  sendCommand(command: never): unknown;
  connect(): Promise<void>;
}

/** The store uses your ioredis client, for Sentinel, Cluster, TLS and other ioredis settings, and never closes it. */
export interface RedisClientOptions extends CommonOptions {
  /** A `Redis` or `Cluster` of ioredis 5 or 6 that reads from masters. Its `keyPrefix` is ignored. */
  readonly client: RedisClientLike;
  readonly url?: undefined;
}

export type RedisDriverOptions = RedisUrlOptions | RedisClientOptions;

export type RedisStoreOptions = RedisDriverOptions & StoreOptions;

export const OPTION_NAMES: OptionNames<RedisDriverOptions> = {
  url: "either",
  client: "either",
  prefix: true,
  replicas: true,
};

const REPLICA_OPTION_NAMES: OptionNames<ReplicaOptions> = { count: "required", timeoutMs: true };

/** The client to use, or the URL to connect to. */
export type ClientSource =
  | { readonly url: string; readonly client?: undefined }
  | { readonly client: Redis | Cluster; readonly url?: undefined };

export type ResolvedOptions = ClientSource & {
  readonly prefix: string;
  readonly replicas: Required<ReplicaOptions> | undefined;
};

const DEFAULT_PREFIX = "threadstore";
const DEFAULT_REPLICA_TIMEOUT_MS = 1000;

/** Validates the options and fills in their defaults. Throws a `TypeError` if they are invalid. */
export function resolveOptions(options: RedisDriverOptions): ResolvedOptions {
  const { prefix = DEFAULT_PREFIX } = options;
  if (typeof prefix !== "string" || !/^[^{}]+$/u.test(prefix) || !prefix.isWellFormed()) {
    throw new TypeError("`prefix` must be a non-empty, well-formed string without braces.");
  }
  const source = clientSource(options);
  return { ...source, prefix, replicas: resolveReplicas(options.replicas, source.client) };
}

function clientSource({ url, client }: RedisDriverOptions): ClientSource {
  if ((url === undefined) === (client === undefined)) {
    throw new TypeError("Either `url` or `client` must be set. Set one of them, not both.");
  }
  if (client !== undefined) return { client: checkedClient(client) };
  // Checked here because the error message of ioredis may contain the password.
  if (typeof url !== "string" || !/^rediss?:\/\//u.test(url) || !URL.canParse(url)) {
    throw new TypeError("`url` must be a valid URL that begins with redis:// or rediss://.");
  }
  return { url };
}

function checkedClient(client: RedisClientLike): Redis | Cluster {
  if (typeof client?.sendCommand !== "function" || typeof client.options !== "object") {
    throw new TypeError("`client` must be a Redis or Cluster of ioredis.");
  }
  const { options } = client;
  const readsFromReplicas =
    ("scaleReads" in options && options.scaleReads !== "master") ||
    ("role" in options && options.role === "slave") ||
    ("readOnly" in options && options.readOnly === true);
  if (readsFromReplicas) {
    throw new TypeError(
      "`client` must read from masters, because replicas may lag behind an acknowledged save. " +
        'Remove `scaleReads`, `role: "slave"` and `readOnly` from its options.',
    );
  }
  return client as Redis | Cluster;
}

function resolveReplicas(
  replicas: ReplicaOptions | undefined,
  client: Redis | Cluster | undefined,
): Required<ReplicaOptions> | undefined {
  if (replicas === undefined) return undefined;
  checkOptionNames(replicas, REPLICA_OPTION_NAMES, "`replicas`");
  const { count, timeoutMs = DEFAULT_REPLICA_TIMEOUT_MS } = replicas;
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new TypeError("`replicas` must have a `count` and a `timeoutMs` that are positive integers.");
  }
  if (client?.isCluster === true) {
    throw new TypeError(
      "`replicas` must not be used with a Cluster, where WAIT may reach any node. " +
        "Set min-replicas-to-write on the servers.",
    );
  }
  return { count, timeoutMs };
}
