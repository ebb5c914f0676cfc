import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, expect, test } from "vitest";
import { createClient, newBucket } from "./bucket.test-helper.ts";
import { TOMBSTONE_BYTES } from "./tombstones.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

function codeBlock(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(readme) ?? [];
  if (code === undefined) throw new Error(`The README does not have a block in ${language}.`);
  return code;
}

test("the README has the size of a tombstone", () => {
  expect(readme.match(/\d+ bytes/g)).toEqual([`${TOMBSTONE_BYTES} bytes`, `${TOMBSTONE_BYTES} bytes`]);
});

await describeWithService("s3", "the README", (endpoint) => {
  const client = createClient(endpoint);
  afterAll(() => client.destroy());

  test("has an example that runs against the built package and resumes", async () => {
    const bucket = await newBucket(client);
    // Inside this package, so that imports of its name resolve.
    mkdirSync(join(root, "dist"), { recursive: true });
    const program = mkdtempSync(join(root, "dist", "readme-"));
    const environment = {
      PATH: process.env["PATH"],
      AWS_REGION: endpoint.region,
      AWS_ENDPOINT_URL_S3: endpoint.endpoint,
      AWS_ACCESS_KEY_ID: endpoint.accessKeyId,
      AWS_SECRET_ACCESS_KEY: endpoint.secretAccessKey,
    };
    try {
      writeFileSync(join(program, "example.ts"), codeBlock("ts").replace("my-agents", bucket));
      const run = () =>
        promisify(execFile)(process.execPath, [join(program, "example.ts")], { env: environment });
      expect((await run()).stdout).toBe("Visit 1.\n");
      expect((await run()).stdout).toBe("Visit 2.\n");
    } finally {
      rmSync(program, { recursive: true });
    }
  });

  test("has a policy that a service accepts", async () => {
    const bucket = await newBucket(client);
    const { Statement, Version } = JSON.parse(codeBlock("json").replaceAll("my-agents", bucket)) as {
      Version: string;
      Statement: object[];
    };
    // A bucket policy needs a principal, and a user policy must not have one.
    const Principal = { AWS: ["arn:aws:iam:::user/nobody"] };
    const Policy = JSON.stringify({
      Version,
      Statement: Statement.map((statement) => ({ ...statement, Principal })),
    });
    const response = await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    expect(response.$metadata.httpStatusCode).toBeLessThan(300);
  });
});
