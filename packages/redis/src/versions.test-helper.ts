import type { ThreadStore } from "@threadstore/core";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { freshPrefix } from "./redis.test-helper.ts";

/** The class `Redis` of a version of ioredis. */
export type RedisClass = new (
  url: string,
  options?: { readonly lazyConnect: boolean },
) => Pick<Redis, "connect" | "disconnect" | "on" | "options" | "ping" | "sendCommand" | "status">;

type Stores = Pick<typeof import("./index.ts"), "redisStore">;

/** Defines the tests of what a store does with a client. */
export function testClient(url: string, { redisStore }: Stores, RedisOfVersion: RedisClass): void {
  test("is used by a store, and stays open", async () => {
    const client = new RedisOfVersion(url);
    await useStore(redisStore({ client, prefix: freshPrefix() }));
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });

  test("has a code for a refused connection", async () => {
    const client = new RedisOfVersion("redis://127.0.0.1:1", { lazyConnect: true });
    client.on("error", () => undefined);
    await using store = redisStore({ client, maxRetries: 0 });
    await expect(store.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    client.disconnect();
  });

  test("has a code for an error reply", async () => {
    const wrong = new URL(url);
    wrong.pathname = "/99999";
    const client = new RedisOfVersion(wrong.href, { lazyConnect: true });
    client.on("error", () => undefined);
    await using store = redisStore({ client, maxRetries: 0 });
    await expect(store.load("thread")).rejects.toMatchObject({ code: "MISCONFIGURED" });
    client.disconnect();
  });
}

/** Makes each kind of call once, and closes the store. */
export async function useStore(store: ThreadStore): Promise<void> {
  const first = await store.save("thread", { messages: [1] }, { metadata: { user: "a" } });
  const second = await store.append("thread", [2]);
  expect(await store.load("thread")).toMatchObject({ thread: { messages: [1, 2] }, version: second.version });
  await expect(store.save("thread", { messages: [] }, { previous: first })).rejects.toMatchObject({
    code: "CONFLICT",
  });
  expect((await store.listPage({ order: "updated" })).threads).toHaveLength(1);
  expect(await store.delete("thread")).toBe(true);
  expect(await store.load("thread")).toBeUndefined();
  await store.close();
}
