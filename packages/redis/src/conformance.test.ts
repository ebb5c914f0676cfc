import { readFileSync } from "node:fs";
import { register, type Selection } from "@threadstore/conformance";
import { type RedisTlsService, startRedis, startRedisTls } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type Client, givenClientHarness, peerWith, prefixOf, urlHarness } from "./harness.test-helper.ts";
import { readmePermissions } from "./readme.test-helper.ts";
import { redisStore } from "./redis-store.ts";

const runner = { describe, it, after: afterAll };

/** With quick effort, what depends on how the connection is made; the rest is tried on one server. */
const otherConnections: Selection =
  process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? { tiers: ["core", "concurrent"] } : {};

await describeWithService("redis", "redisStore on one server", async (shared) => {
  // One of its own, to be killed; what the environment names is not ours to kill.
  const isOwn = process.env["THREADSTORE_TEST_REDIS_URL"] === undefined;
  if (!isOwn) return register(urlHarness("redis", shared.url), runner);
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
  const peer = peerWith(() => ({ to: "cluster", nodes }));
  register({ ...givenClientHarness("redis, Cluster", connect), peer }, runner, otherConnections);
});

await describeWithService("redis-sentinel", "redisStore behind Sentinel", ({ sentinels, master }) => {
  const connect = (): Redis => new Redis({ sentinels: [...sentinels], name: master, lazyConnect: true });
  const harness = givenClientHarness("redis, Sentinel", connect);
  register(
    {
      ...harness,
      peer: peerWith(() => ({ to: "sentinel", sentinels, name: master })),
      durability: {
        async settings(place) {
          const client = connect();
          const store = redisStore({
            client,
            prefix: prefixOf(place),
            replicas: { count: 2, timeoutMs: 20_000 },
          });
          await store.save("replicated", {});
          // Asked without patience, for the connection that has just saved.
          const replicas = await client.wait(2, 1);
          await store.close();
          client.disconnect();
          const found = String(replicas);
          return [
            ...(await harness.durability.settings(place)),
            { name: "replicas that have a save, with `replicas: { count: 2 }`", promised: ["2"], found },
          ];
        },
      },
    },
    runner,
  );
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
  const harness = givenClientHarness(
    "redis, TLS",
    () => connect(service.endpoint.url),
    () => connect(adminUrl()),
  );
  const peer = peerWith(() => ({ to: "server over TLS", ...service.endpoint }));
  register({ ...harness, peer }, runner, otherConnections);
});
