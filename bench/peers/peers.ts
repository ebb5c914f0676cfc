import type { S3Endpoint } from "@threadstore/services";
import type { ThreadStore } from "../../packages/core/dist/index.js";
import { fileSystemStore } from "../../packages/file-system/dist/index.js";
import { postgresStore } from "../../packages/postgres/dist/index.js";
import { redisStore } from "../../packages/redis/dist/index.js";
import { sqliteStore } from "../../packages/sqlite/dist/index.js";
import type { AzureEndpoint } from "../src/backends/azure-blob.ts";
import type { Subject } from "../src/clients/client.ts";
import type { Peer } from "../src/peers.ts";
import { keyvOnRedis, keyvOnSqlite, openDal, unstorageOnFiles, unstorageOnRedis } from "./key-value.ts";
import {
  langGraphGraph,
  langGraphSaver,
  postgresSaver,
  type SaverSource,
  sqliteSaver,
  threadStoreSaver,
} from "./langgraph.ts";
import { mastraMemory } from "./mastra.ts";

type Path = (location: string) => string;

/** The peer libraries of each backend, given its endpoint. */
const peers: { readonly [backend: string]: (endpoint: never) => readonly Peer[] } = {
  sqlite: (file: Path) => [
    one("Keyv", () => keyvOnSqlite(file)),
    langGraphPeer(() => sqliteSaver(file, "full")),
    ours((location) => sqliteStore({ path: file(location), synchronous: "full" })),
  ],
  "sqlite-normal": (file: Path) => [
    langGraphPeer(() => sqliteSaver(file, "normal")),
    ours((location) => sqliteStore({ path: file(location), synchronous: "normal" })),
    one("Mastra", () => mastraMemory(file)),
  ],
  "file-system": (folder: Path) => [
    one("unstorage", () => unstorageOnFiles(folder)),
    one("OpenDAL", () => openDal("fs", (location) => ({ root: folder(location) }))),
    ours((location) => fileSystemStore({ folder: folder(location) })),
  ],
  postgres: (url: string) => [
    langGraphPeer(() => postgresSaver(url)),
    ours((location) => postgresStore({ url, tablePrefix: `bench_${location.replaceAll(/\W/gu, "_")}_` })),
  ],
  // LangGraph's Redis saver needs modules that plain Redis does not have.
  redis: (url: string) => [
    one("Keyv", () => keyvOnRedis(url)),
    one("unstorage", () => unstorageOnRedis(url)),
    ours((location) => redisStore({ url, prefix: location })),
  ],
  "azure-blob": ({ connectionString, container }: AzureEndpoint) => [
    one("OpenDAL", () =>
      openDal("azblob", (location) => ({
        ...azblob(connectionString),
        container: container.containerName,
        root: `/${location}`,
      })),
    ),
  ],
  s3: ({ endpoint, region, bucket, accessKeyId, secretAccessKey }: S3Endpoint) => [
    one("OpenDAL", () =>
      openDal("s3", (location) => ({
        endpoint,
        region,
        bucket,
        root: `/${location}`,
        access_key_id: accessKeyId,
        secret_access_key: secretAccessKey,
      })),
    ),
  ],
};

export function peersOf(backend: string, endpoint: unknown): readonly Peer[] {
  return peers[backend]?.(endpoint as never) ?? [];
}

function one(name: string, load: () => Promise<Subject> | Subject): Peer {
  return { name, load: async () => [await load()] };
}

function langGraphPeer(open: () => Promise<SaverSource> | SaverSource): Peer {
  return { name: "LangGraph", load: async () => langGraph(await open()) };
}

/** The ways to use a checkpointer. */
function langGraph(open: SaverSource, suffix?: string): Subject[] {
  return [
    langGraphSaver(open, suffix),
    langGraphGraph(open, "LangGraph, graph", suffix),
    langGraphGraph(open, "LangGraph, DeltaChannel", suffix),
  ];
}

/** The same with our checkpointer. */
function ours(open: (location: string) => ThreadStore): Peer {
  return { name: "LangGraph, ours", load: async () => langGraph(threadStoreSaver(open), ", ours") };
}

function azblob(connectionString: string): Record<string, string> {
  const parts = Object.fromEntries(connectionString.split(";").map((part) => part.split(/=(.*)/su, 2)));
  const { BlobEndpoint, AccountName, AccountKey } = parts as Record<string, string>;
  return { endpoint: BlobEndpoint ?? "", account_name: AccountName ?? "", account_key: AccountKey ?? "" };
}
