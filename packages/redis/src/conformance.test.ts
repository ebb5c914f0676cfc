import { readFileSync } from "node:fs";
import { register } from "@threadstore/conformance";
import { type RedisTlsService, startRedisTls } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type Client, givenClientHarness, urlHarness } from "./harness.test.support.ts";
import { readmePermissions } from "./readme.test.support.ts";

const runner = { describe, it, after: afterAll };

await describeWithService("redis", "redisStore on one server", ({ url }) => {
  register(urlHarness("redis", url), runner);
});

await describeWithService("redis-cluster", "redisStore on a Cluster", ({ nodes }) => {
  const connect = (): Client => new Cluster([...nodes], { lazyConnect: true });
  register(givenClientHarness("redis, Cluster", connect), runner);
});

await describeWithService("redis-sentinel", "redisStore behind Sentinel", ({ sentinels, master }) => {
  const connect = (): Client => new Redis({ sentinels: [...sentinels], name: master, lazyConnect: true });
  register(givenClientHarness("redis, Sentinel", connect), runner);
});

await describeWithService("redis", "redisStore over TLS, with the README's permissions", () => {
  const admin = "admin:admin-secret";
  let service: RedisTlsService;
  let ca: Buffer;
  beforeAll(async () => {
    // Another line of the list of users: whoever looks behind the store's back may do more than the store.
    const rules = `${readmePermissions("conformance-")}\nuser ${admin.replace(":", " on >")} ~* +@all`;
    service = await startRedisTls({ rules });
    ca = readFileSync(service.endpoint.certificateFile);
  });
  afterAll(() => service.stop());
  const connect = (url: string): Client => new Redis(url, { tls: { ca }, lazyConnect: true });
  const adminUrl = (): string => service.endpoint.url.replace(/\/\/[^@]+@/u, `//${admin}@`);
  register(
    givenClientHarness(
      "redis, TLS",
      () => connect(service.endpoint.url),
      () => connect(adminUrl()),
    ),
    runner,
  );
});
