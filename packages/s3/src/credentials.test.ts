import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectionTo, createClient, deny, newBucket, newPrefix } from "./bucket.test-helper.ts";
import { s3Store } from "./s3-store.ts";

await describeWithService("s3", "credentials", (endpoint) => {
  const client = createClient(endpoint);
  let bucket = "";
  beforeAll(async () => {
    bucket = await newBucket(client);
  });
  afterAll(() => client.destroy());

  async function expectEveryCallToReject(store: ThreadStore, error: object): Promise<void> {
    for (const call of [
      () => store.load("a"),
      () => store.save("a", {}),
      () => store.delete("a"),
      () => store.listPage(),
    ]) {
      await expect(call()).rejects.toMatchObject(error);
    }
    await store.close();
  }

  test("with a wrong secret are ACCESS_DENIED", async () => {
    const { accessKeyId } = endpoint;
    const credentials = { accessKeyId, secretAccessKey: "wrong" };
    const store = s3Store({ ...connectionTo(endpoint), credentials, bucket });
    const error = { code: "ACCESS_DENIED", cause: { name: "SignatureDoesNotMatch" } };
    await expectEveryCallToReject(store, error);
  });

  test("for a missing bucket are MISCONFIGURED", async () => {
    const store = s3Store({ ...connectionTo(endpoint), bucket: `no-${bucket}` });
    await expectEveryCallToReject(store, { code: "MISCONFIGURED", cause: { name: "NoSuchBucket" } });
  });

  test("without a permission are ACCESS_DENIED, and the thread never looks missing", async () => {
    const prefix = newPrefix();
    const store = s3Store({ ...connectionTo(endpoint), bucket, prefix });
    const saved = await store.save("a", { n: 1 });
    const denied = { code: "ACCESS_DENIED" };
    const noRead = await deny(client, bucket, ["s3:GetObject"], `${prefix}*`);
    await expect(store.load("a")).rejects.toMatchObject(denied);
    await expect(store.listPage()).rejects.toMatchObject(denied);
    await noRead[Symbol.asyncDispose]();
    const noWrite = await deny(client, bucket, ["s3:PutObject"], `${prefix}*`);
    await expect(store.save("a", {}, { previous: saved })).rejects.toMatchObject(denied);
    await noWrite[Symbol.asyncDispose]();
    const noList = await deny(client, bucket, ["s3:ListBucket"]);
    await expect(store.listPage()).rejects.toMatchObject(denied);
    await noList[Symbol.asyncDispose]();
    expect((await store.load("a"))?.version).toBe(saved.version);
    await store.close();
  });
});
