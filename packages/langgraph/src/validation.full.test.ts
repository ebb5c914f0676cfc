import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { azureBlobStore } from "@threadstore/azure-blob";
import { fileSystemStore } from "@threadstore/file-system";
import { postgresStore } from "@threadstore/postgres";
import { redisStore } from "@threadstore/redis";
import { s3Store } from "@threadstore/s3";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe } from "vitest";
import { newContainer } from "../../azure-blob/dist/azurite.test-helper.js";
import { connectionTo, createClient, newBucket } from "../../s3/dist/bucket.test-helper.js";
import { validateSaver } from "./validate.test-helper.ts";

// What validation.test.ts runs on memory and SQLite, on every other store.

describe("fileSystemStore", () => {
  const root = mkdtempSync(join(tmpdir(), "threadstore-langgraph-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  validateSaver("fileSystemStore", () => fileSystemStore({ folder: root }));
});

await describeWithService("postgres", "postgresStore", ({ url }) =>
  validateSaver("postgresStore", () =>
    postgresStore({ url, tablePrefix: `langgraph_${randomUUID().slice(0, 8)}_` }),
  ),
);

await describeWithService("redis", "redisStore", ({ url }) =>
  validateSaver("redisStore", () => redisStore({ url, prefix: `langgraph-${randomUUID()}` })),
);

await describeWithService("azurite", "azureBlobStore", ({ connectionString }) =>
  validateSaver("azureBlobStore", async () =>
    azureBlobStore({ container: await newContainer(connectionString) }),
  ),
);

await describeWithService("s3", "s3Store", (endpoint) =>
  validateSaver("s3Store", async () => {
    const client = createClient(endpoint);
    const bucket = await newBucket(client);
    client.destroy();
    return s3Store({ ...connectionTo(endpoint), bucket });
  }),
);
