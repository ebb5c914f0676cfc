import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, expect, test } from "vitest";
import { clientOf, newBucket } from "./bucket.test-helper.ts";
import { tombstoneBytes } from "./tombstone.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

function block(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(readme) ?? [];
  if (code === undefined) throw new Error(`The README has no block in ${language}.`);
  return code;
}

test("the README's size of a tombstone is right", () => {
  expect(readme.match(/\d+ bytes/g)).toEqual([`${tombstoneBytes} bytes`, `${tombstoneBytes} bytes`]);
});

await describeWithService("s3", "the README", (endpoint) => {
  const client = clientOf(endpoint);
  afterAll(() => client.destroy());

  test("has an example that runs, on the built package, and goes on where it stopped", async () => {
    const bucket = await newBucket(client);
    // Below this package, so that its own name resolves.
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
      writeFileSync(join(program, "example.ts"), block("ts").replace("my-agents", bucket));
      const run = () =>
        promisify(execFile)(process.execPath, [join(program, "example.ts")], { env: environment });
      expect((await run()).stdout).toBe("Visit 1.\n");
      expect((await run()).stdout).toBe("Visit 2.\n");
    } finally {
      rmSync(program, { recursive: true });
    }
  });

  test("has a policy that a service takes", async () => {
    const bucket = await newBucket(client);
    const { Statement, Version } = JSON.parse(block("json").replaceAll("my-agents", bucket)) as {
      Version: string;
      Statement: object[];
    };
    // A bucket's policy names who, and a user's does not.
    const Principal = { AWS: ["arn:aws:iam:::user/nobody"] };
    const Policy = JSON.stringify({ Version, Statement: Statement.map((each) => ({ ...each, Principal })) });
    const answer = await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    expect(answer.$metadata.httpStatusCode).toBeLessThan(300);
  });
});
