import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterAll, describe, it } from "vitest";
import { childWith, clientHarness, prefixOf } from "./harness.test-helper.ts";
import { redisStore } from "./redis-store.ts";

await describeWithService("redis-sentinel", "redisStore with Sentinel", ({ sentinels, master }) => {
  const connect = (): Redis => new Redis({ sentinels: [...sentinels], name: master, lazyConnect: true });
  const harness = clientHarness("redis, Sentinel", connect);
  register(
    {
      ...harness,
      childProcess: childWith(() => ({ to: "sentinel", sentinels, name: master })),
      durability: {
        async settings(place) {
          const client = connect();
          const store = redisStore({
            client,
            prefix: prefixOf(place),
            replicas: { count: 2, timeoutMs: 20_000 },
          });
          await store.save("replicated", {});
          // With a timeout of 1 ms: both replicas already have the save.
          const replicas = await client.wait(2, 1);
          await store.close();
          client.disconnect();
          const found = String(replicas);
          return [
            ...(await harness.durability.settings(place)),
            {
              name: "replicas that have a save with `replicas: { count: 2 }`",
              accepted: ["2"],
              actual: found,
            },
          ];
        },
      },
    },
    { describe, it, after: afterAll },
  );
});
