import { startAzuriteOAuth, type AzuriteOAuthEndpoint } from "./azurite/azurite-oauth.ts";
import { startAzurite, type AzuriteEndpoint } from "./azurite/azurite.ts";
import { startBrowser, type BrowserEndpoint } from "./browser/browser.ts";
import { startCeph, type S3Endpoint } from "./ceph/ceph.ts";
import { addresses, text, type Variables } from "./environment-variables.ts";
import { startMariadb, type MariadbEndpoint } from "./mariadb/mariadb.ts";
import { startPgBouncer, type PgBouncerEndpoint } from "./postgres/pgbouncer.ts";
import { startPostgres, type PostgresEndpoint } from "./postgres/postgres.ts";
import { startRedisCluster, type RedisClusterEndpoint } from "./redis/redis-cluster.ts";
import { startRedisSentinel, type RedisSentinelEndpoint } from "./redis/redis-sentinel.ts";
import { startRedisTls, type RedisTlsEndpoint } from "./redis/redis-tls.ts";
import { startRedis, type RedisEndpoint } from "./redis/redis.ts";
import type { Service } from "./service.ts";

/** The endpoint of each service: everything a client needs to connect. */
export interface Endpoints {
  readonly redis: RedisEndpoint;
  readonly "redis-tls": RedisTlsEndpoint;
  readonly "redis-cluster": RedisClusterEndpoint;
  readonly "redis-sentinel": RedisSentinelEndpoint;
  readonly azurite: AzuriteEndpoint;
  readonly "azurite-oauth": AzuriteOAuthEndpoint;
  readonly s3: S3Endpoint;
  readonly postgres: PostgresEndpoint;
  readonly pgbouncer: PgBouncerEndpoint;
  readonly mariadb: MariadbEndpoint;
  readonly browser: BrowserEndpoint;
}

export type ServiceName = keyof Endpoints;

interface Entry<Endpoint> {
  readonly start: () => Promise<Service<Endpoint>>;
  /** If the environment names a server, it is used and none is started. */
  readonly variables: Variables<Endpoint>;
  /**
   * Whether each test file gets a separate server.
   * @default false
   */
  readonly isPerFile?: boolean;
}

/** Tests do not kill servers that they share. */
const SHARED_FAILOVER_MS = 60_000;

export const catalogue: { readonly [Name in ServiceName]: Entry<Endpoints[Name]> } = {
  redis: { start: startRedis, variables: { url: text("THREADSTORE_TEST_REDIS_URL") } },
  "redis-tls": {
    start: startRedisTls,
    variables: {
      url: text("THREADSTORE_TEST_REDIS_TLS_URL"),
      certificateFile: text("THREADSTORE_TEST_REDIS_TLS_CERTIFICATE_FILE"),
    },
  },
  "redis-cluster": {
    start: () => startRedisCluster({ failoverAfterMs: SHARED_FAILOVER_MS }),
    variables: { nodes: addresses("THREADSTORE_TEST_REDIS_CLUSTER") },
  },
  "redis-sentinel": {
    start: () => startRedisSentinel({ failoverAfterMs: SHARED_FAILOVER_MS }),
    variables: {
      sentinels: addresses("THREADSTORE_TEST_REDIS_SENTINEL"),
      master: text("THREADSTORE_TEST_REDIS_SENTINEL_MASTER", "mymaster"),
    },
  },
  azurite: {
    start: startAzurite,
    variables: { connectionString: text("THREADSTORE_TEST_AZURE_CONNECTION_STRING") },
  },
  "azurite-oauth": {
    start: startAzuriteOAuth,
    variables: {
      url: text("THREADSTORE_TEST_AZURE_OAUTH_URL"),
      certificateFile: text("THREADSTORE_TEST_AZURE_OAUTH_CERTIFICATE_FILE"),
      authorityHost: text("THREADSTORE_TEST_AZURE_OAUTH_AUTHORITY_HOST"),
      tenantId: text("THREADSTORE_TEST_AZURE_OAUTH_TENANT_ID"),
      clientId: text("THREADSTORE_TEST_AZURE_OAUTH_CLIENT_ID"),
      clientSecret: text("THREADSTORE_TEST_AZURE_OAUTH_CLIENT_SECRET"),
      identityEndpoint: text("THREADSTORE_TEST_AZURE_OAUTH_IDENTITY_ENDPOINT"),
    },
  },
  s3: {
    start: startCeph,
    variables: {
      endpoint: text("THREADSTORE_TEST_S3_ENDPOINT"),
      region: text("THREADSTORE_TEST_S3_REGION", "us-east-1"),
      accessKeyId: text("THREADSTORE_TEST_S3_ACCESS_KEY_ID", "threadstore"),
      secretAccessKey: text("THREADSTORE_TEST_S3_SECRET_ACCESS_KEY", "threadstore-secret"),
      bucket: text("THREADSTORE_TEST_S3_BUCKET", "threadstore-test"),
    },
  },
  postgres: { start: startPostgres, variables: { url: text("THREADSTORE_TEST_POSTGRES_URL") } },
  pgbouncer: {
    start: startPgBouncer,
    variables: {
      url: text("THREADSTORE_TEST_PGBOUNCER_URL"),
      directUrl: text("THREADSTORE_TEST_PGBOUNCER_DIRECT_URL"),
    },
  },
  mariadb: { start: startMariadb, variables: { url: text("THREADSTORE_TEST_MARIADB_URL") } },
  browser: {
    start: startBrowser,
    variables: { url: text("THREADSTORE_TEST_BROWSER_URL") },
    // A client of the debugging protocol attaches to the pages of all others: it pauses new ones, and dismisses dialogs.
    isPerFile: true,
  },
};

export const serviceNames: readonly ServiceName[] = Object.keys(catalogue) as ServiceName[];
