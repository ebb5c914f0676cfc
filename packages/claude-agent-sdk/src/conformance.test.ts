import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InMemorySessionStore } from "@anthropic-ai/claude-agent-sdk";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore, type StorePlace } from "../../agent/dist/conversation/store-place.test-helper.js";
import { newContainer } from "../../azure-blob/dist/azurite.test-helper.js";
import { connectionTo, createClient, newBucket } from "../../s3/dist/bucket.test-helper.js";
import { claudeSessionStore } from "./index.ts";
import type { Check } from "./kit/check.test-helper.ts";
import { DOCUMENTED } from "./kit/documented.test-helper.ts";
import { RACES_AND_KEYS } from "./kit/races-and-keys.test-helper.ts";
import { REPETITIONS } from "./kit/repetitions.test-helper.ts";

const CHECKS = [...DOCUMENTED, ...REPETITIONS, ...RACES_AND_KEYS];
/** Small enough that nearly every check needs several segments. */
const SEGMENT_SIZES = [400, 524_288] as const;

const IS_QUICK = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";
const ON_DATABASES = IS_QUICK ? CHECKS.filter(({ quick }) => quick !== undefined) : CHECKS;
const ON_EVERY_STORE = IS_QUICK ? CHECKS.filter(({ quick }) => quick === "every store") : CHECKS;

/** Defines the checks of the kit for a store. */
function testStore(open: () => Promise<ThreadStore>, checks: readonly Check[] = CHECKS): void {
  let store: ThreadStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(async () => store.close());

  describe.each(IS_QUICK ? SEGMENT_SIZES.slice(0, 1) : SEGMENT_SIZES)(
    "with segments of %i bytes",
    (segmentBytes) => {
      it.each(checks)("$name", async ({ run }) => {
        const openSessions = () => claudeSessionStore({ store, segmentBytes });
        await run({ store: openSessions(), open: openSessions });
        expect(segmentBytes).toBeGreaterThan(0);
      });
    },
  );
}

function testPlace(create: (folder: string) => Promise<StorePlace>, checks: readonly Check[]): void {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "threadstore-claude-"));
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
  testPlace(async (folder) => ({ kind: "file-system", folder: join(folder, "threads") }), ON_DATABASES);
});

await describeWithService("redis", "sessions in Redis", ({ url }) => {
  testPlace(async () => ({ kind: "redis", url, prefix: `claude-${randomUUID()}` }), ON_DATABASES);
});

await describeWithService("postgres", "sessions in PostgreSQL", ({ url }) => {
  testPlace(
    async () => ({ kind: "postgres", url, tablePrefix: `claude_${randomUUID().slice(0, 8)}_` }),
    ON_DATABASES,
  );
});

await describeWithService("azurite", "sessions in Azure Blob Storage", ({ connectionString }) => {
  testPlace(async () => {
    const { containerName } = await newContainer(connectionString);
    return { kind: "azure-blob", connectionString, container: containerName };
  }, ON_EVERY_STORE);
});

await describeWithService("s3", "sessions in S3", (endpoint) => {
  testPlace(async () => {
    const client = createClient(endpoint);
    const bucket = await newBucket(client);
    client.destroy();
    return { kind: "s3", options: { ...connectionTo(endpoint), bucket } };
  }, ON_EVERY_STORE);
});

describe("the SDK's own store in memory", () => {
  /** The checks that it fails, as the README says. The SDK's documentation only recommends to recognize repetitions. */
  const FAILED: readonly string[] = [
    "an append without entries creates no session, and is not a change of one",
    "a batch that is sent again is not stored again",
    "a batch that is sent again after 200 others is not stored again, and leaves the summary as it is",
    "the missing entries of a batch that was stored in part are added, in order",
    "an entry that a batch contains twice is stored once",
    "entries without a uuid in a batch that is sent again are not stored again",
    "entries in batches of other boundaries are not stored again, and leave the summary as it is",
    "writers that send the same batch at once store it once",
    "keys with any character, and keys that differ only in where a slash is, are separate",
    "loaded entries belong to the caller",
  ];

  it.each(CHECKS)("$name", async ({ name, run }) => {
    const store = new InMemorySessionStore() as Parameters<typeof run>[0]["store"];
    const outcome = await run({ store, open: () => store }).then(
      () => "passes",
      () => "fails",
    );
    expect(outcome).toBe(FAILED.includes(name) ? "fails" : "passes");
  });
});
