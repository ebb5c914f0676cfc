import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { BlobServiceClient } from "@azure/storage-blob";
import type { Endpoints, ServiceName } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { describe } from "vitest";
import type { StoreName } from "./names.ts";
import type { StoreLocation } from "./store-location.ts";

/** Resolves with the location of a new store. The folder exists and is empty; stores on servers do not use it. */
export type CreateStore = (folder: string) => Promise<StoreLocation>;

/** A store that tests can create. */
export interface TestStore {
  /** The name in titles of tests. */
  readonly title: string;
  /**
   * Defines a suite for the store, such as "sessions in SQLite". If the store needs a server, it behaves like a suite of
   * `describeWithService`.
   */
  readonly defineSuite: (subject: string, suite: (create: CreateStore) => void) => Promise<void>;
}

function embedded(title: string, locate: (folder: string) => StoreLocation): TestStore {
  return {
    title,
    async defineSuite(subject, suite) {
      describe(`${subject} in ${title}`, () => {
        suite(async (folder) => locate(folder));
      });
    },
  };
}

function networked<Name extends ServiceName>(
  title: string,
  service: Name,
  create: (endpoint: Endpoints[Name]) => Promise<StoreLocation>,
): TestStore {
  return {
    title,
    defineSuite: async (subject, suite) =>
      describeWithService(service, `${subject} in ${title}`, (endpoint) =>
        suite(async () => create(endpoint)),
      ),
  };
}

/** A name that no other test uses. */
function newName(): string {
  return `t-${randomBytes(8).toString("hex")}`;
}

async function createContainer({ connectionString }: Endpoints["azurite"]): Promise<StoreLocation> {
  const service = BlobServiceClient.fromConnectionString(connectionString);
  const { containerClient } = await service.createContainer(newName());
  return { kind: "azure-blob", connectionString, container: containerClient.containerName };
}

async function createBucket(service: Endpoints["s3"]): Promise<StoreLocation> {
  const { endpoint, region, accessKeyId, secretAccessKey } = service;
  const credentials = { accessKeyId, secretAccessKey };
  const connection = { endpoint, region, forcePathStyle: true, credentials };
  const client = new S3Client(connection);
  const bucket = newName();
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { kind: "s3", options: { ...connection, bucket } };
}

/** All stores. */
export const TEST_STORES: { readonly [Name in StoreName]: TestStore } = {
  memory: embedded("memory", () => ({ kind: "memory" })),
  sqlite: embedded("SQLite", (folder) => ({ kind: "sqlite", path: join(folder, "threads.db") })),
  "file-system": embedded("files", (folder) => ({ kind: "file-system", folder: join(folder, "threads") })),
  redis: networked("Redis", "redis", async ({ url }) => ({ kind: "redis", url, prefix: newName() })),
  postgres: networked("PostgreSQL", "postgres", async ({ url }) => {
    return { kind: "postgres", url, tablePrefix: `${newName().replace("-", "_")}_` };
  }),
  "azure-blob": networked("Azure Blob Storage", "azurite", createContainer),
  s3: networked("S3", "s3", createBucket),
};
