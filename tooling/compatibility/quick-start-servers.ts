import { startAzurite, startCeph, startPostgres, startRedis } from "@threadstore/services";

/** A server that the program of a README needs. */
export interface QuickStartServer {
  /** The variables that the program reads. */
  readonly env: NodeJS.ProcessEnv;
  /** Creates what must exist before the program runs. */
  readonly preparation?: string;
  stop(): Promise<void>;
}

export async function redis(): Promise<QuickStartServer> {
  const { endpoint, stop } = await startRedis();
  return { env: { REDIS_URL: endpoint.url }, stop };
}

export async function postgres(): Promise<QuickStartServer> {
  const { endpoint, stop } = await startPostgres();
  return { env: { DATABASE_URL: endpoint.url }, stop };
}

export async function azurite(): Promise<QuickStartServer> {
  const { endpoint, stop } = await startAzurite();
  const preparation = `
import { BlobServiceClient } from "@azure/storage-blob";
await BlobServiceClient.fromConnectionString(process.env.AZURE_STORAGE_CONNECTION_STRING).createContainer("threads");`;
  return { env: { AZURE_STORAGE_CONNECTION_STRING: endpoint.connectionString }, preparation, stop };
}

export async function s3(): Promise<QuickStartServer> {
  const { endpoint, stop } = await startCeph();
  const preparation = `
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
await new S3Client().send(new CreateBucketCommand({ Bucket: "my-agents" }));`;
  const env = {
    AWS_REGION: endpoint.region,
    AWS_ENDPOINT_URL_S3: endpoint.endpoint,
    AWS_ACCESS_KEY_ID: endpoint.accessKeyId,
    AWS_SECRET_ACCESS_KEY: endpoint.secretAccessKey,
  };
  return { env, preparation, stop };
}
