import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore, type StorePlace } from "../../agent/dist/conversation/store-place.test-helper.js";
import { newContainer } from "../../azure-blob/dist/azurite.test-helper.js";
import { connectionTo, createClient, newBucket } from "../../s3/dist/bucket.test-helper.js";
import { strandsStorage } from "./index.ts";
import { type Check, CHECKS } from "./kit.test-helper.ts";

const IS_QUICK = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";
const ON_EVERY_STORE = IS_QUICK ? CHECKS.filter(({ quick }) => quick === true) : CHECKS;

/** Defines checks of the kit for a store. */
function testStore(open: () => Promise<ThreadStore>, checks: readonly Check[] = CHECKS): void {
  let store: ThreadStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(async () => store.close());

  it.each(checks)("$name", async ({ run }) => {
    const openStorage = () => strandsStorage({ store });
    await run({ storage: openStorage(), open: openStorage });
    expect(run).toBeDefined();
  });
}

function testPlace(
  create: (folder: string) => Promise<StorePlace>,
  checks: readonly Check[] = ON_EVERY_STORE,
): void {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "threadstore-strands-"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));
  testStore(async () => openStore(await create(folder)), checks);
}

describe("values in memory", () => {
  testStore(async () => memoryStore());
});

describe("values in SQLite", () => {
  testPlace(async (folder) => ({ kind: "sqlite", path: join(folder, "threads.db") }), CHECKS);
});

describe("values in files", () => {
  testPlace(async (folder) => ({ kind: "file-system", folder: join(folder, "threads") }));
});

await describeWithService("redis", "values in Redis", ({ url }) => {
  testPlace(async () => ({ kind: "redis", url, prefix: `strands-${randomUUID()}` }));
});

await describeWithService("postgres", "values in PostgreSQL", ({ url }) => {
  testPlace(async () => ({ kind: "postgres", url, tablePrefix: `strands_${randomUUID().slice(0, 8)}_` }));
});

await describeWithService("azurite", "values in Azure Blob Storage", ({ connectionString }) => {
  testPlace(async () => {
    const { containerName } = await newContainer(connectionString);
    return { kind: "azure-blob", connectionString, container: containerName };
  });
});

await describeWithService("s3", "values in S3", (endpoint) => {
  testPlace(async () => {
    const client = createClient(endpoint);
    const bucket = await newBucket(client);
    client.destroy();
    return { kind: "s3", options: { ...connectionTo(endpoint), bucket } };
  });
});
