export type {
  RedisClientLike,
  RedisClientOptions,
  RedisDriverOptions,
  RedisStoreOptions,
  RedisUrlOptions,
  ReplicaOptions,
} from "./options.ts";
export { redisDriver, redisStore } from "./redis-store.ts";
