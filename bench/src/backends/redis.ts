import { redisStore } from "@threadstore/redis";
import { startRedis } from "@threadstore/services";
import { Redis } from "ioredis";
import type { Backend } from "../clients/client.ts";
import { type DeltaClient, deltaByHand } from "../clients/delta-by-hand.ts";
import { ours } from "../clients/thread-store.ts";
import { type WholeText, wholeRewrite } from "../clients/whole-rewrite.ts";

/** The server's URL. */
export type RedisUrl = string;

export const redis: Backend = {
  name: "redis",
  async start() {
    const service = await startRedis();
    const { url } = service.endpoint;
    return {
      endpoint: url satisfies RedisUrl,
      subjects: [
        ...ours((location) => redisStore({ url, prefix: location })),
        { name: "raw, whole", role: "raw", open: async (location) => wholeRewrite(strings(url, location)) },
        {
          name: "delta by hand",
          role: "delta",
          open: async (location) => deltaByHand(ranges(url, location)),
        },
      ],
      stop: () => service.stop(),
    };
  },
};

const VERSION_LENGTH = 12;

/** One string for each thread: its version in twelve digits, then the JSON. */
function strings(url: string, location: string): WholeText {
  const client = new Redis(url);
  client.defineCommand("setIfUnchanged", {
    numberOfKeys: 1,
    lua: `if redis.call('GETRANGE', KEYS[1], 0, ${VERSION_LENGTH - 1}) ~= ARGV[1] then return 0 end
          redis.call('SET', KEYS[1], ARGV[2] .. ARGV[3])
          return 1`,
  });
  const versions = new Map<string, number>();
  const keyOf = (id: string): string => `${location}:${id}`;
  const textOf = (version: number): string =>
    version === 0 ? "" : String(version).padStart(VERSION_LENGTH, "0");
  return {
    async write(id, text) {
      const version = (versions.get(id) ?? 0) + 1;
      await client.set(keyOf(id), `${textOf(version)}${text}`);
      versions.set(id, version);
    },
    async writeIfUnchanged(id, text) {
      const version = versions.get(id) ?? 0;
      const set = client as unknown as Record<"setIfUnchanged", (...given: string[]) => Promise<number>>;
      const done = await set.setIfUnchanged(keyOf(id), textOf(version), textOf(version + 1), text);
      if (done !== 1) throw new Error("Another client wrote first.");
      versions.set(id, version + 1);
    },
    async read(id) {
      const found = await client.get(keyOf(id));
      if (found !== null) versions.set(id, Number(found.slice(0, VERSION_LENGTH)));
      return found?.slice(VERSION_LENGTH);
    },
    async readIfChanged(id) {
      const version = await client.getrange(keyOf(id), 0, VERSION_LENGTH - 1);
      if (Number(version) === versions.get(id)) return undefined;
      return (await client.get(keyOf(id)))?.slice(VERSION_LENGTH);
    },
    async close() {
      await client.quit();
    },
  };
}

function ranges(url: string, location: string): DeltaClient {
  const client = new Redis(url);
  client.defineCommand("patch", {
    numberOfKeys: 1,
    lua: `if redis.call('GETRANGE', KEYS[1], 0, 21) ~= ARGV[1] then return 0 end
          redis.call('SETRANGE', KEYS[1], 22 + ARGV[3], ARGV[4])
          redis.call('SETRANGE', KEYS[1], 0, ARGV[2])
          return 1`,
  });
  const commands = client as unknown as Record<"patch", (...given: (Buffer | string)[]) => Promise<number>>;
  const keyOf = (id: string): string => `${location}:${id}`;
  return {
    async patch(id, { from, bytes, expected, version }) {
      const done = await commands.patch(keyOf(id), expected ?? "", version, String(from), bytes);
      if (done !== 1) throw new Error("Another client wrote first.");
      return undefined;
    },
    async read(id) {
      const found = await client.getBuffer(keyOf(id));
      if (found === null) throw new Error("The thread does not exist.");
      return found.subarray(22);
    },
    async close() {
      await client.quit();
    },
  };
}
