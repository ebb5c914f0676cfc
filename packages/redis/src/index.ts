export type { RedisDriverOptions } from "./client.ts";
export { redisDriver, redisStore, type RedisStoreOptions } from "./redis-store.ts";
