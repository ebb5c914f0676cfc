import { createRequire } from "node:module";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { describe, expect, test, vi } from "vitest";
import { freshPrefix } from "./redis.test-helper.ts";
import { type RedisClass, testClient, useStore } from "./versions.test-helper.ts";

const require = createRequire(import.meta.url);

vi.doMock("ioredis", () => import("ioredis-5"));
// This package as it is with the oldest version of ioredis that its peer range allows.
const withOldest = await import("./index.ts");
vi.resetModules();
vi.doUnmock("ioredis");
const withNewest = await import("./index.ts");

await describeWithService("redis", "ioredis", ({ url }) => {
  const oldest = require("ioredis-5") as { Redis: RedisClass };

  describe("a client of the installed version, required", () => {
    testClient(url, withNewest, (require("ioredis") as { Redis: RedisClass }).Redis);
  });
  describe("a client of ioredis 5", () => {
    testClient(url, withOldest, oldest.Redis);
  });
  describe("a client of ioredis 5 beside an installed version 6", () => {
    testClient(url, withNewest, oldest.Redis);
  });
  test("a client of ioredis 6 beside an installed version 5 is refused, with the remedy", async () => {
    const client = new Redis(url);
    await using store = withOldest.redisStore({ client, maxRetries: 0 });
    await expect(store.load("thread")).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("Install one version of ioredis."),
    });
    client.disconnect();
  });

  test("version 5 connects to the URL of a store", async () => {
    const used = useStore(withOldest.redisStore({ url, prefix: freshPrefix() }));
    await expect(used).resolves.toBeUndefined();
  });
});
