import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisStore } from "./redis-store.ts";
import { freshPrefix } from "./redis.test-helper.ts";

await describeWithService("redis", "a client that is passed in", ({ url }) => {
  test.each([
    ["RESP2 and numbers as text", { protocol: 2, stringNumbers: true }],
    ["RESP3 shapes", { replyMapping: "resp3" }],
    ["a key prefix, which is ignored", { keyPrefix: "foreign:" }],
    ["automatic pipelining", { enableAutoPipelining: true }],
    ["no offline queue", { enableOfflineQueue: false }],
    ["an eager connection", { lazyConnect: false }],
  ] as const)("works with %s, and stays open when the store is closed", async (_, clientOptions) => {
    const client = new Redis(url, { lazyConnect: true, ...clientOptions });
    const store = redisStore({ client, prefix: freshPrefix() });
    const first = await store.save("thread", { n: 1 });
    const second = await store.save("thread", { n: 2 }, { previous: first });
    expect((await store.load("thread", { cached: second }))?.thread).toEqual({ n: 2 });
    await expect(store.save("thread", { n: 3 }, { previous: first })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    expect((await store.listPage()).threads).toHaveLength(1);
    expect(await store.delete("thread")).toBe(true);
    expect(await store.load("thread")).toBeUndefined();
    await store.close();
    expect(await client.ping()).toBe("PONG");
    expect(
      client.listenerCount("error") + client.listenerCount("ready") + client.listenerCount("close"),
    ).toBe(0);
    client.disconnect();
  });
});
