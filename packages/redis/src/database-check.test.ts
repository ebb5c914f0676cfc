import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { redisStore } from "./redis-store.ts";
import { freshPrefix, keysOf } from "./redis.test-helper.ts";

await describeWithService("redis", "the configured database", ({ url }) => {
  const prefix = freshPrefix();
  const stores: ThreadStore[] = [];
  const clients: Redis[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    for (const client of clients.splice(0)) client.disconnect();
  });

  function clientOf(db: number): Redis {
    const client = new Redis(url, { db, lazyConnect: true });
    client.on("error", () => undefined);
    clients.push(client);
    return client;
  }
  function open(options: Parameters<typeof redisStore>[0]): ThreadStore {
    const store = redisStore({ ...options, prefix });
    stores.push(store);
    return store;
  }

  test.each([
    ["a URL", (): ThreadStore => open({ url: `${url}/999` })],
    ["a client", (): ThreadStore => open({ client: clientOf(999) })],
  ])(
    "that %s names and that does not exist makes every call MISCONFIGURED, and no other is used",
    async (_, openStore) => {
      const store = openStore();
      const misconfigured = {
        code: "MISCONFIGURED",
        message: expect.stringMatching(/database does not exist/u),
        cause: { message: "ERR DB index is out of range" },
      };
      for (let n = 0; n < 2; n += 1) {
        await expect(store.save("a", {})).rejects.toMatchObject(misconfigured);
        await expect(store.load("a")).rejects.toMatchObject(misconfigured);
        await expect(store.listPage()).rejects.toMatchObject(misconfigured);
      }
      expect(await keysOf(clientOf(0), prefix)).toEqual([]);
    },
  );

  test("is used again after a reconnection", async () => {
    const client = clientOf(3);
    const store = open({ client });
    await store.save("a", { n: 1 });
    client.disconnect(true);
    await store.save("b", { n: 2 });
    expect((await open({ url: `${url}/3` }).load("b"))?.thread).toEqual({ n: 2 });
    expect(await open({ url }).load("a")).toBeUndefined();
    await Promise.all(["a", "b"].map((id) => store.delete(id)));
  });

  test("is the one that the client's owner selected last", async () => {
    const client = clientOf(3);
    const store = open({ client });
    await store.load("a");
    await client.select(4);
    await store.save("a", { n: 4 });
    expect((await open({ url: `${url}/4` }).load("a"))?.thread).toEqual({ n: 4 });
    await store.delete("a");
  });

  test("is never replaced by database 0 if the user may not select it", async () => {
    const admin = clientOf(0);
    const user = `limited-${prefix}`.replaceAll(":", "-");
    await admin.call("ACL", "SETUSER", user, "on", "nopass", "~*", "+@all", "-select");
    try {
      const { host } = new URL(url);
      const store = open({ url: `redis://${user}:any@${host}/3` });
      for (let n = 0; n < 2; n += 1)
        await expect(store.save("a", {})).rejects.toMatchObject({ code: "ACCESS_DENIED" });
      await admin.call("ACL", "SETUSER", user, "+select");
      await store.save("a", {});
      expect(await store.delete("a")).toBe(true);
    } finally {
      await admin.call("ACL", "DELUSER", user);
    }
  });
});
