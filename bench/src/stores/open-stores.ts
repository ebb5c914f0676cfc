import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { BlobServiceClient, ContainerSASPermissions } from "@azure/storage-blob";
import { azureBlobStore } from "@threadstore/azure-blob";
import { memoryStore, type StoreOptions, type ThreadStore } from "@threadstore/core";
import { fileSystemStore } from "@threadstore/file-system";
import { postgresStore } from "@threadstore/postgres";
import { redisStore } from "@threadstore/redis";
import { type S3ConnectionOptions, s3Store } from "@threadstore/s3";
import {
  type PostgresEndpoint,
  type RedisEndpoint,
  type S3Endpoint,
  startAzurite,
  startCeph,
  startPostgres,
  startRedis,
} from "@threadstore/services";
import { sqliteStore } from "@threadstore/sqlite";
import Sqlite from "better-sqlite3";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { temporaryFolder } from "../backends/temporary-folder.ts";
import {
  countCommands,
  countFileCalls,
  countHttpRequests,
  countStatements,
  type RequestCounter,
} from "./request-counter.ts";

export interface OpenOptions extends StoreOptions {
  /** Counts the requests of the store. Opening a store that counts can take longer. */
  readonly counter?: RequestCounter;
  /** `false` for the threads of a benchmark, which need not survive a power failure. */
  readonly isDurable?: boolean;
}

export interface OpenedStore extends AsyncDisposable {
  readonly store: ThreadStore;
}

/** A backend with empty storage, which several stores can open. */
export interface StorePlace {
  readonly open: (options?: OpenOptions) => OpenedStore;
  readonly stop: () => Promise<void>;
}

export type StoreName = "memory" | "sqlite" | "file-system" | "redis" | "postgres" | "azure-blob" | "s3";

/** Starts a backend for a store, by the name of the store. */
export const STORES: Readonly<Record<StoreName, () => Promise<StorePlace>>> = {
  memory: async () => ({ open: openMemory(), stop: async () => undefined }),
  sqlite: async () => inFolder(openSqlite),
  "file-system": async () => inFolder(openFiles),
  redis: async () => {
    const { endpoint, stop } = await startRedis();
    return { open: (options) => openRedis(endpoint, options), stop };
  },
  postgres: async () => {
    const { endpoint, stop } = await startPostgres();
    return { open: (options) => openPostgres(endpoint, options), stop };
  },
  "azure-blob": async () => {
    const { endpoint, stop } = await startAzurite();
    const account = await newContainer(endpoint.connectionString);
    return { open: (options) => overHttp(options, (rest) => azureBlobStore({ ...account, ...rest })), stop };
  },
  s3: async () => {
    const { endpoint, stop } = await startCeph({ store: "memstore" });
    const bucket = await newBucket(endpoint);
    return { open: (options) => overHttp(options, (rest) => s3Store({ ...bucket, ...rest })), stop };
  },
};

/** The stores that `name` stands for on a command line. Throws a `TypeError` for an unknown name. */
export function storeNamed(name: string): StoreName {
  if (Object.hasOwn(STORES, name)) return name as StoreName;
  throw new TypeError(`Unknown store: ${name}. Use one of ${Object.keys(STORES).join(", ")}.`);
}

function opened(store: ThreadStore, close: () => unknown = () => undefined): OpenedStore {
  return {
    store,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await close();
    },
  };
}

/** Memory is shared by the stores of a place: each is a view of the same store. */
function openMemory(): StorePlace["open"] {
  const store = memoryStore();
  return () => ({ store, [Symbol.asyncDispose]: async () => undefined });
}

function inFolder(open: (folder: string, options: OpenOptions) => OpenedStore): StorePlace {
  const { folder, remove } = temporaryFolder();
  return { open: (options = {}) => open(folder, options), stop: async () => remove() };
}

function openSqlite(folder: string, { counter, isDurable = true, ...options }: OpenOptions): OpenedStore {
  const path = join(folder, "threads.db");
  const synchronous = isDurable ? "full" : "normal";
  if (counter === undefined) return opened(sqliteStore({ path, synchronous, ...options }));
  const database = new Sqlite(path, { verbose: () => void (counter.count += 1) });
  return opened(sqliteStore({ database, ...options }), () => database.close());
}

function openFiles(folder: string, { counter, isDurable = true, ...options }: OpenOptions): OpenedStore {
  const threads = join(folder, "threads");
  mkdirSync(threads, { recursive: true });
  const durability = isDurable ? "full" : "process";
  const store = fileSystemStore({ folder: threads, durability, ...options });
  return counter === undefined ? opened(store) : opened(store, countFileCalls(counter));
}

/** Opens a store on a Redis server. */
export function openRedis(
  { url }: RedisEndpoint,
  { counter, isDurable: _isDurable, ...options }: OpenOptions & { readonly prefix?: string } = {},
): OpenedStore {
  if (counter === undefined) return opened(redisStore({ url, ...options }));
  const client = new Redis(url);
  countCommands(client, counter);
  return opened(redisStore({ client, ...options }), () => client.disconnect());
}

/** Opens a store on a PostgreSQL server. */
export function openPostgres(
  { url }: PostgresEndpoint,
  { counter, isDurable = true, ...options }: OpenOptions & { readonly tablePrefix?: string } = {},
): OpenedStore {
  if (!isDurable) {
    const connection = { connectionString: url, options: "-c synchronous_commit=off" };
    return opened(postgresStore({ connection, synchronousCommit: "inherit", ...options }));
  }
  if (counter === undefined) return opened(postgresStore({ url, ...options }));
  const client = new Pool({ connectionString: url });
  countStatements(client, counter);
  return opened(postgresStore({ client, ...options }), () => client.end());
}

function overHttp(
  { counter, isDurable: _isDurable, ...options }: OpenOptions = {},
  open: (options: StoreOptions) => ThreadStore,
): OpenedStore {
  const store = open(options);
  return counter === undefined ? opened(store) : opened(store, countHttpRequests(counter));
}

async function newContainer(connectionString: string): Promise<{ accountUrl: string; container: string }> {
  const account = BlobServiceClient.fromConnectionString(connectionString);
  const { containerClient } = await account.createContainer(`b-${randomBytes(8).toString("hex")}`);
  // A SAS costs no CPU to sign.
  const sas = await containerClient.generateSasUrl({
    permissions: ContainerSASPermissions.parse("racwdl"),
    expiresOn: new Date(Date.now() + 86_400_000),
  });
  return {
    accountUrl: `${account.url}?${sas.split("?")[1] ?? ""}`,
    container: containerClient.containerName,
  };
}

/** Creates a bucket, and resolves with the options of a store in it. */
export async function newBucket({
  endpoint,
  region,
  accessKeyId,
  secretAccessKey,
}: S3Endpoint): Promise<S3ConnectionOptions> {
  const connection = {
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  };
  const client = new S3Client(connection);
  const bucket = `bench-${randomBytes(8).toString("hex")}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { ...connection, bucket };
}
