import KeyvRedis from "@keyv/redis";
import { Keyv } from "keyv";
import { createStorage, type Driver } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import redisDriver from "unstorage/drivers/redis";
import type { Subject } from "../src/clients/client.ts";
import { wholeObjects } from "./whole-objects.ts";

/** Imports the library itself, which has a native module that some systems must compile. */
export async function keyvOnSqlite(file: (location: string) => string): Promise<Subject> {
  const { KeyvSqlite } = await import("@keyv/sqlite");
  return {
    name: "Keyv",
    role: "peer",
    async open(location) {
      const store = new KeyvSqlite({ uri: `sqlite://${file(location)}` });
      await store.query("PRAGMA journal_mode = WAL");
      await store.query("PRAGMA synchronous = FULL");
      return keyv(new Keyv({ store }));
    },
  };
}

export function keyvOnRedis(url: string): Subject {
  return {
    name: "Keyv",
    role: "peer",
    open: async (location) => keyv(new Keyv({ store: new KeyvRedis(url), namespace: location })),
  };
}

function keyv(kept: Keyv): ReturnType<typeof wholeObjects> {
  return wholeObjects({
    set: (id, thread) => kept.set(id, thread),
    get: (id) => kept.get(id),
    close: () => kept.disconnect(),
  });
}

export function unstorageOnRedis(url: string): Subject {
  return unstorage((location) => redisDriver({ url, base: location }));
}

export function unstorageOnFiles(folder: (location: string) => string): Subject {
  return unstorage((location) => fsDriver({ base: folder(location) }));
}

function unstorage(driver: (location: string) => Driver): Subject {
  return {
    name: "unstorage",
    role: "peer",
    async open(location) {
      const storage = createStorage({ driver: driver(location) });
      return wholeObjects({
        set: (id, thread) => storage.setItem(id, thread as never),
        get: (id) => storage.getItem(id),
        close: () => storage.dispose(),
      });
    },
  };
}

/**
 * OpenDAL. It has a native HTTP client, whose bytes cannot be counted here. Imports the library itself, because its
 * binary needs a C library that some systems lack.
 */
export async function openDal(
  scheme: string,
  options: (location: string) => Record<string, string>,
): Promise<Subject> {
  const { Operator } = await import("opendal");
  return {
    name: "OpenDAL",
    role: "peer",
    async open(location) {
      const operator = new Operator(scheme, options(location));
      return wholeObjects({
        set: (id, thread) => operator.write(`${id}.json`, Buffer.from(JSON.stringify(thread))),
        get: async (id) => JSON.parse((await operator.read(`${id}.json`)).toString()) as unknown,
        close: async () => undefined,
      });
    },
  };
}
