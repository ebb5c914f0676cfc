import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, vi } from "vitest";
import { AWAY, describeServer, uniqueName } from "./server.test-helper.ts";

await describeWithService("s3", "the command on S3", ({ endpoint, region, accessKeyId, secretAccessKey }) => {
  const bucket = uniqueName();
  const urlAt = (address: string): string =>
    `s3://${bucket}/agents#endpoint=${address}&region=${region}&forcePathStyle=true`;

  beforeAll(async () => {
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
    // The AWS SDK reads the environment of the process.
    vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  });
  afterAll(() => void vi.unstubAllEnvs());

  describeServer(() => ({ url: urlAt(endpoint), awayUrl: urlAt(`http://${AWAY}`) }));
});
