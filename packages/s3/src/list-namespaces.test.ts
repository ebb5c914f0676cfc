import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, expect, test } from "vitest";
import { createClient, newBucket, newPrefix } from "./bucket.test-helper.ts";
import { s3Store } from "./s3-store.ts";

/** Names whose folders have several segments, or are in base64url or hashed, and others that sort around them. */
const NAMES = [
  "a",
  "é".repeat(35),
  "é".repeat(36),
  `${"é".repeat(36)}a`,
  "é".repeat(65),
  "é".repeat(66),
  "é".repeat(256),
  `${"é".repeat(255)}a`,
  "n".repeat(200),
  "n".repeat(201),
  "n".repeat(384),
  "n".repeat(385),
  `${"n".repeat(200)}.`,
  "n".repeat(512),
  ".",
  "..",
  "!root",
  "z",
];

await describeWithService("s3", "namespaces", async (endpoint) => {
  const client = createClient(endpoint);
  const bucket = await newBucket(client);
  afterAll(() => client.destroy());

  test("names of several segments, in base64url and hashed are listed once, on pages of any size", async () => {
    const store = s3Store({ client, bucket, prefix: newPrefix() });
    await Promise.all(NAMES.map((name) => store.namespace(name).save("t", {})));
    const nested = ["a", ".", "é".repeat(36)];
    await Promise.all(nested.map((name) => store.namespace(name).namespace("é".repeat(60)).save("t", {})));
    for (const limit of [3, 1000]) {
      const listed: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.namespaces({ limit, cursor });
        listed.push(...page.namespaces);
        ({ cursor } = page);
      } while (cursor !== undefined);
      expect(listed.toSorted()).toEqual(NAMES.toSorted());
    }
    for (const name of nested) {
      expect((await store.namespace(name).namespaces()).namespaces).toEqual(["é".repeat(60)]);
    }
    const receipt = await store.namespace("é".repeat(36)).erase();
    expect(receipt.threads).toBe(2);
    expect((await store.erase()).threads).toBe(NAMES.length + nested.length - 2);
    expect(await store.namespaces()).toEqual({ namespaces: [], cursor: undefined });
  });

  test("objects that the store did not write are not namespaces", async () => {
    const prefix = newPrefix();
    const store = s3Store({ client, bucket, prefix });
    await store.namespace("a").save("t", {});
    for (const key of ["!self-check/x", "b!zz/t", "!-hash/t", "no-folder", "c//t"]) {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: `${prefix}${key}`, Body: "x".repeat(100) }),
      );
    }
    expect((await store.namespaces()).namespaces).toEqual(["a", "c"]);
  });
});
