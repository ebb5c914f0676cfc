import { setTimeout } from "node:timers/promises";
import { ALL_BY_ID } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { keysWithPrefix } from "./keys.ts";
import { EXPIRY_GRACE_MS } from "./records.ts";
import { redisDriver, redisStore } from "./redis-store.ts";
import { callOptions, directClient, freshPrefix, keysOf, record, recordKey } from "./redis.test-helper.ts";

await describeWithService("redis", "listing", ({ url }) => {
  const direct = directClient(url);
  afterAll(() => direct.disconnect());
  const prefix = freshPrefix();
  const driver = redisDriver({ url, prefix });
  afterAll(() => driver.close());

  test("skips a record that Redis has deleted, removes its index entry, and lists it once it is created again", async () => {
    const namespace = "vanishing";
    const expiresAt = Date.now() - EXPIRY_GRACE_MS + 80;
    await driver.write({ namespace, id: "a" }, record("a", { expiresAt }), undefined, callOptions);
    await driver.write({ namespace, id: "b" }, record("b"), undefined, callOptions);
    const isDeleted = async (): Promise<boolean> =>
      (await direct.exists(recordKey(prefix, "a", namespace))) === 0;
    await expect.poll(isDeleted).toBe(true);
    const countIndexes = async (): Promise<number> =>
      (await keysOf(direct, prefix)).filter((each) => /:\{vanishing:\d+\}$/.test(each.toString())).length;
    expect(await countIndexes()).toBe(2);
    const page = await driver.list(namespace, { ...ALL_BY_ID, limit: 1 }, callOptions);
    expect(page).toMatchObject({ records: [{ id: "b" }], next: undefined });
    expect(await countIndexes()).toBe(1);
    expect(await driver.write({ namespace, id: "a" }, record("a"), undefined, callOptions)).toBeDefined();
    expect(await countIndexes()).toBe(2);
  });
  test("a page by recency continues among any number of records of the same time", async () => {
    const namespace = "ties";
    const ids = Array.from({ length: 1200 }, (_, n) => String(n).padStart(4, "0"));
    const write = (id: string, updatedAt: number): Promise<unknown> =>
      driver.write({ namespace, id }, { ...record("x"), updatedAt }, undefined, callOptions);
    await Promise.all(ids.map((id) => write(id, 5)));
    await Promise.all([write("first", 6), write("last", 4), write("older", 0), write("oldest", -1)]);
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const page = { ...ALL_BY_ID, order: "updated", after, limit: 100 } as const;
      const { records, next } = await driver.list(namespace, page, callOptions);
      listed.push(...records.map(({ id }) => id));
      after = next;
    } while (after !== undefined);
    expect(listed).toEqual(["first", ...ids, "last", "older", "oldest"]);
  });

  test("a page by recency skips ids without the prefix, and ends after as many entries as it may have records", async () => {
    const namespace = "prefixes";
    for (const [n, id] of ["a-0", "b-0", "a-1", "b-1", "b-2", "a-2"].entries()) {
      await driver.write({ namespace, id }, { ...record("x"), updatedAt: n }, undefined, callOptions);
    }
    const list = async (after?: string): Promise<unknown[]> => {
      const page = { ...ALL_BY_ID, order: "updated", after, limit: 2, prefix: "a-" } as const;
      const { records, next } = await driver.list(namespace, page, callOptions);
      return [...records.map(({ id }) => id), next];
    };
    expect(await list()).toEqual(["a-2", "3 b-1"]);
    expect(await list("3 b-1")).toEqual(["a-1", "a-0", "0 a-0"]);
    expect(await list("0 a-0")).toEqual([undefined]);
  });

  test("a save moves its entry in the index by recency, and a delete removes it", async () => {
    const at = { namespace: "moves", id: "a" };
    const { recencyIndex } = keysWithPrefix(prefix).of(at);
    const entries = (): Promise<string[]> => direct.zrange(recencyIndex, "0", "-1", "WITHSCORES");
    const first = { ...record("ab"), updatedAt: 1 };
    await driver.write(at, first, undefined, callOptions);
    expect(await entries()).toEqual(["a", "-1"]);
    const patched = { ...record("abc", { unchanged: 2 }), updatedAt: 2 };
    await driver.write(at, patched, first.nonce, callOptions);
    expect(await entries()).toEqual(["a", "-2"]);
    const replaced = { ...record("x"), updatedAt: 3 };
    await driver.write(at, replaced, patched.nonce, callOptions);
    expect(await entries()).toEqual(["a", "-3"]);
    await driver.delete(at, replaced.nonce, callOptions);
    expect(await entries()).toEqual([]);
  });
  test("reads the replies of a client that maps them to RESP3", async () => {
    const client = new Redis(url, { replyMapping: "resp3" });
    const store = redisStore({ client, prefix: freshPrefix() });
    for (const id of ["a", "b"]) await store.save(id, { messages: [] }, { metadata: { owner: "ann" } });
    await setTimeout(2);
    await store.append("a", ["message"]);
    for (const limit of [1, 2]) {
      const listed: string[] = [];
      for await (const { id } of store.list({ order: "updated", limit, where: { owner: "ann" } }))
        listed.push(id);
      expect(listed).toEqual(["a", "b"]);
    }
    client.disconnect();
  });
});
