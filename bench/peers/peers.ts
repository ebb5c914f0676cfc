import type { S3Endpoint } from "@threadstore/services";
import type { AzureEndpoint } from "../src/backends/azure-blob.ts";
import type { Subject } from "../src/clients/client.ts";
import { keyvOnRedis, keyvOnSqlite, openDal, unstorageOnFiles, unstorageOnRedis } from "./key-value.ts";
import { langGraphGraph, langGraphSaver, postgresSaver, type SaverSource, sqliteSaver } from "./langgraph.ts";
import { mastraMemory } from "./mastra.ts";

type Path = (location: string) => string;

/** The peer libraries of each backend, given its endpoint. */
const peers: { readonly [backend: string]: (endpoint: never) => readonly Subject[] } = {
  sqlite: (file: Path) => [keyvOnSqlite(file), ...langGraph(sqliteSaver(file, "full"))],
  "sqlite-normal": (file: Path) => [...langGraph(sqliteSaver(file, "normal")), mastraMemory(file)],
  "file-system": (folder: Path) => [
    unstorageOnFiles(folder),
    openDal("fs", (location) => ({ root: folder(location) })),
  ],
  postgres: (url: string) => langGraph(postgresSaver(url)),
  redis: (url: string) => [keyvOnRedis(url), unstorageOnRedis(url)],
  "azure-blob": ({ connectionString, container }: AzureEndpoint) => [
    openDal("azblob", (location) => ({
      ...azblob(connectionString),
      container: container.containerName,
      root: `/${location}`,
    })),
  ],
  s3: ({ endpoint, region, bucket, accessKeyId, secretAccessKey }: S3Endpoint) => [
    openDal("s3", (location) => ({
      endpoint,
      region,
      bucket,
      root: `/${location}`,
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
    })),
  ],
};

export async function peersOf(backend: string, endpoint: unknown): Promise<readonly Subject[]> {
  return peers[backend]?.(endpoint as never) ?? [];
}

function langGraph(open: SaverSource): Subject[] {
  return [
    langGraphSaver(open),
    langGraphGraph(open, "LangGraph, graph"),
    langGraphGraph(open, "LangGraph, DeltaChannel"),
  ];
}

function azblob(connectionString: string): Record<string, string> {
  const parts = Object.fromEntries(connectionString.split(";").map((part) => part.split(/=(.*)/su, 2)));
  const { BlobEndpoint, AccountName, AccountKey } = parts as Record<string, string>;
  return { endpoint: BlobEndpoint ?? "", account_name: AccountName ?? "", account_key: AccountKey ?? "" };
}
