import { startAzurite, type AzuriteEndpoint } from "./azurite/azurite.ts";
import { startCeph, type S3Endpoint } from "./ceph/ceph.ts";
import { startRedis, type RedisEndpoint } from "./redis/redis.ts";
import type { Service } from "./service.ts";

/** Every service by name, with what a client needs to reach it. */
export interface Endpoints {
  readonly redis: RedisEndpoint;
  readonly azurite: AzuriteEndpoint;
  readonly s3: S3Endpoint;
}

export type ServiceName = keyof Endpoints;

interface Entry<Endpoint> {
  start(): Promise<Service<Endpoint>>;
  /** The endpoint of a server that runs already, if the environment names one: it takes the place of ours. */
  fromEnvironment(environment: NodeJS.ProcessEnv): Endpoint | undefined;
}

export const catalogue: { readonly [Name in ServiceName]: Entry<Endpoints[Name]> } = {
  redis: {
    start: startRedis,
    fromEnvironment: ({ THREADSTORE_TEST_REDIS_URL: url }) => (url === undefined ? undefined : { url }),
  },
  azurite: {
    start: startAzurite,
    fromEnvironment: ({ THREADSTORE_TEST_AZURE_CONNECTION_STRING: connectionString }) =>
      connectionString === undefined ? undefined : { connectionString },
  },
  s3: { start: startCeph, fromEnvironment: s3FromEnvironment },
};

export const serviceNames: readonly ServiceName[] = Object.keys(catalogue) as ServiceName[];

function s3FromEnvironment(environment: NodeJS.ProcessEnv): S3Endpoint | undefined {
  const endpoint = environment["THREADSTORE_TEST_S3_ENDPOINT"];
  if (endpoint === undefined) return undefined;
  return {
    endpoint,
    region: environment["THREADSTORE_TEST_S3_REGION"] ?? "us-east-1",
    accessKeyId: environment["THREADSTORE_TEST_S3_ACCESS_KEY_ID"] ?? "threadstore",
    secretAccessKey: environment["THREADSTORE_TEST_S3_SECRET_ACCESS_KEY"] ?? "threadstore-secret",
    bucket: environment["THREADSTORE_TEST_S3_BUCKET"] ?? "threadstore-test",
  };
}
