export { AZURITE_ACCOUNT, startAzurite } from "./azurite/azurite.ts";
export type { AzuriteEndpoint, AzuriteOptions, AzuriteService } from "./azurite/azurite.ts";
export { startAzuriteOAuth } from "./azurite/azurite-oauth.ts";
export type { AzuriteOAuthEndpoint, AzuriteOAuthService } from "./azurite/azurite-oauth.ts";
export { startBrowser } from "./browser/browser.ts";
export type { BrowserEndpoint, BrowserService } from "./browser/browser.ts";
export type { Endpoints, ServiceName } from "./catalogue.ts";
export { startCeph } from "./ceph/ceph.ts";
export type { CephOptions, CephService, S3Endpoint } from "./ceph/ceph.ts";
export { startMariadb } from "./mariadb/mariadb.ts";
export type { MariadbEndpoint, MariadbService } from "./mariadb/mariadb.ts";
export { startPgBouncer } from "./postgres/pgbouncer.ts";
export type { PgBouncerEndpoint, PgBouncerService } from "./postgres/pgbouncer.ts";
export { startPostgres } from "./postgres/postgres.ts";
export type { PostgresEndpoint, PostgresService } from "./postgres/postgres.ts";
export { startPostgresReplication } from "./postgres/postgres-replication.ts";
export type {
  PostgresReplicationEndpoint,
  PostgresReplicationService,
} from "./postgres/postgres-replication.ts";
export { startRedis } from "./redis/redis.ts";
export type { RedisEndpoint, RedisService } from "./redis/redis.ts";
export { startRedisCluster } from "./redis/redis-cluster.ts";
export type { RedisClusterEndpoint, RedisClusterService } from "./redis/redis-cluster.ts";
export { startRedisSentinel } from "./redis/redis-sentinel.ts";
export type { RedisSentinelEndpoint, RedisSentinelService } from "./redis/redis-sentinel.ts";
export { startRedisTls } from "./redis/redis-tls.ts";
export type { RedisTlsEndpoint, RedisTlsOptions, RedisTlsService } from "./redis/redis-tls.ts";
export type { ServerProcess } from "./processes/server-process.ts";
export { ServiceUnavailableError } from "./service.ts";
export type { Address, Service, Servers } from "./service.ts";
