export type { RedisClientOptions, RedisDriverOptions, RedisUrlOptions } from "./client.ts";
export type { ReplicaOptions } from "./replicas.ts";
export { redisDriver, redisStore, type RedisStoreOptions } from "./redis-store.ts";
