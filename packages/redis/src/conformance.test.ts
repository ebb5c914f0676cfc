import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterAll, describe, it } from "vitest";
import { redisHarness } from "./harness.test.support.ts";
import { redisStore } from "./redis-store.ts";

await describeWithService("redis", "redisStore on one server", ({ url }) => {
  const raw = new Redis(url);
  afterAll(() => raw.disconnect());
  const harness = redisHarness("redis", raw, (options) => redisStore({ ...options, url }));
  register(harness, { describe, it, after: afterAll });
});
