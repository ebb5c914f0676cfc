import { freePorts, LOOPBACK } from "../processes/ports.ts";
import type { ServerProcess } from "../processes/server-process.ts";
import { startService, type Service } from "../service.ts";
import { DURABLE, provideRedis, startRedisServer } from "./redis-programs.ts";

export interface RedisEndpoint {
  /** `redis://host:port` */
  readonly url: string;
}

export type RedisService = Service<RedisEndpoint, { readonly redis: ServerProcess }>;

/** Starts a Redis server. A write is on disk before it is acknowledged. */
export async function startRedis(): Promise<RedisService> {
  const installation = await provideRedis();
  return startService("redis", async (directory) => {
    const [port = 0] = await freePorts(1);
    const redis = await startRedisServer(directory, installation, {
      name: "redis",
      port,
      settings: DURABLE,
    });
    return { endpoint: { url: `redis://${LOOPBACK}:${port}` }, servers: { redis } };
  });
}
