export { azuriteAccount, startAzurite } from "./azurite/azurite.ts";
export type { AzuriteEndpoint, AzuriteOptions, AzuriteService } from "./azurite/azurite.ts";
export { startCeph } from "./ceph/ceph.ts";
export type { CephOptions, CephService, S3Endpoint } from "./ceph/ceph.ts";
export { startRedis } from "./redis/redis.ts";
export type { RedisEndpoint, RedisService } from "./redis/redis.ts";
export type { ServerProcess } from "./processes/server-process.ts";
export { ServiceUnavailableError } from "./service.ts";
export type { Service, Servers } from "./service.ts";
