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
import { ThreadStoreSessionService } from "./index.ts";
import type { Check } from "./kit/check.test-helper.ts";
import { RACES } from "./kit/races.test-helper.ts";
import { SESSIONS } from "./kit/sessions.test-helper.ts";

const CHECKS = [...SESSIONS, ...RACES];
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
    const openService = () => new ThreadStoreSessionService({ store });
    await run({ service: openService(), open: openService });
    expect(run).toBeDefined();
  });
}

function testPlace(
  create: (folder: string) => Promise<StorePlace>,
  checks: readonly Check[] = ON_EVERY_STORE,
): void {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "threadstore-adk-"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));
  testStore(async () => openStore(await create(folder)), checks);
}

describe("sessions in memory", () => {
  testStore(async () => memoryStore());
});

describe("sessions in SQLite", () => {
  testPlace(async (folder) => ({ kind: "sqlite", path: join(folder, "threads.db") }), CHECKS);
});

describe("sessions in files", () => {
  testPlace(async (folder) => ({ kind: "file-system", folder: join(folder, "threads") }));
});

await describeWithService("redis", "sessions in Redis", ({ url }) => {
  testPlace(async () => ({ kind: "redis", url, prefix: `adk-${randomUUID()}` }));
});

await describeWithService("postgres", "sessions in PostgreSQL", ({ url }) => {
  testPlace(async () => ({ kind: "postgres", url, tablePrefix: `adk_${randomUUID().slice(0, 8)}_` }));
});

await describeWithService("azurite", "sessions in Azure Blob Storage", ({ connectionString }) => {
  testPlace(async () => {
    const { containerName } = await newContainer(connectionString);
    return { kind: "azure-blob", connectionString, container: containerName };
  });
});

await describeWithService("s3", "sessions in S3", (endpoint) => {
  testPlace(async () => {
    const client = createClient(endpoint);
    const bucket = await newBucket(client);
    client.destroy();
    return { kind: "s3", options: { ...connectionTo(endpoint), bucket } };
  });
});
