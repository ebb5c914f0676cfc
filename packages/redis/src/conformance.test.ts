import { readFileSync } from "node:fs";
import { register } from "@threadstore/conformance";
import { type RedisTlsService, startRedis, startRedisTls } from "@threadstore/services";
import { variantSelection } from "@threadstore/services/variant-selection";
import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type Client, clientHarness, childWith, urlHarness } from "./harness.test-helper.ts";
import { readmePermissions } from "./readme.test-helper.ts";

const runner = { describe, it, after: afterAll };

await describeWithService("redis", "redisStore on a single server", async (shared) => {
  // Some cases kill the server. A server from the environment must not be killed.
  const mayBeKilled = process.env["THREADSTORE_TEST_REDIS_URL"] === undefined;
  if (!mayBeKilled) return register(urlHarness("redis", shared.url), runner);
  const { endpoint, servers, stop } = await startRedis();
  afterAll(stop);
  const crash = async (): Promise<void> => {
    await servers.redis.kill();
    await servers.redis.restart();
  };
  return register({ ...urlHarness("redis", endpoint.url), backend: { crash } }, runner);
});

await describeWithService("redis-cluster", "redisStore on a Cluster", ({ nodes }) => {
  const connect = (): Client => new Cluster([...nodes], { lazyConnect: true });
  const childProcess = childWith(() => ({ to: "cluster", nodes }));
  register(
    { ...clientHarness("redis, Cluster", connect), childProcess },
    runner,
    variantSelection({
      tiers: ["core", "concurrent"],
      sections: ["Existence", "Versions and races", "Listing"],
    }),
  );
});

await describeWithService("redis", "redisStore over TLS with the README's permissions", () => {
  const admin = "admin:admin-secret";
  let service: RedisTlsService;
  let ca: Buffer;
  beforeAll(async () => {
    // A second user, whose permissions let the harness bypass the store.
    const rules = `${readmePermissions("conformance-")}\nuser ${admin.replace(":", " on >")} ~* +@all`;
    service = await startRedisTls({ rules });
    ca = readFileSync(service.endpoint.certificateFile);
  });
  afterAll(() => service.stop());
  const connect = (url: string): Client => new Redis(url, { tls: { ca }, lazyConnect: true });
  const adminUrl = (): string => service.endpoint.url.replace(/\/\/[^@]+@/u, `//${admin}@`);
  const harness = clientHarness(
    "redis, TLS",
    () => connect(service.endpoint.url),
    () => connect(adminUrl()),
  );
  const childProcess = childWith(() => ({ to: "server over TLS", ...service.endpoint }));
  register(
    { ...harness, childProcess },
    runner,
    variantSelection({ tiers: ["core"], sections: ["Existence", "Failures"] }),
  );
});
