import KeyvRedis from "@keyv/redis";
import { KeyvSqlite } from "@keyv/sqlite";
import { Keyv } from "keyv";
import { createStorage, type Driver } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import redisDriver from "unstorage/drivers/redis";
import type { Contestant } from "../src/keepers/keeper.ts";
import { wholeObjects } from "./whole-objects.ts";

export function keyvOnSqlite(file: (place: string) => string): Contestant {
  return {
    name: "Keyv",
    role: "peer",
    async open(place) {
      const store = new KeyvSqlite({ uri: `sqlite://${file(place)}` });
      await store.query("PRAGMA journal_mode = WAL");
      await store.query("PRAGMA synchronous = FULL");
      return keyv(new Keyv({ store }));
    },
  };
}

export function keyvOnRedis(url: string): Contestant {
  return {
    name: "Keyv",
    role: "peer",
    open: async (place) => keyv(new Keyv({ store: new KeyvRedis(url), namespace: place })),
  };
}

function keyv(kept: Keyv): ReturnType<typeof wholeObjects> {
  return wholeObjects({
    set: (id, thread) => kept.set(id, thread),
    get: (id) => kept.get(id),
    close: () => kept.disconnect(),
  });
}

export function unstorageOnRedis(url: string): Contestant {
  return unstorage((place) => redisDriver({ url, base: place }));
}

export function unstorageOnFiles(folder: (place: string) => string): Contestant {
  return unstorage((place) => fsDriver({ base: folder(place) }));
}

function unstorage(driver: (place: string) => Driver): Contestant {
  return {
    name: "unstorage",
    role: "peer",
    async open(place) {
      const storage = createStorage({ driver: driver(place) });
      return wholeObjects({
        set: (id, thread) => storage.setItem(id, thread as never),
        get: (id) => storage.getItem(id),
        close: () => storage.dispose(),
      });
    },
  };
}

/**
 * Its native HTTP client is none of Node's: what it sends cannot be counted here. Loaded when it is used, since its
 * binary wants a C library that not every system has.
 */
export function openDal(scheme: string, options: (place: string) => Record<string, string>): Contestant {
  return {
    name: "OpenDAL",
    role: "peer",
    async open(place) {
      const { Operator } = await import("opendal");
      const operator = new Operator(scheme, options(place));
      return wholeObjects({
        set: (id, thread) => operator.write(`${id}.json`, Buffer.from(JSON.stringify(thread))),
        get: async (id) => JSON.parse((await operator.read(`${id}.json`)).toString()) as unknown,
        close: async () => undefined,
      });
    },
  };
}
