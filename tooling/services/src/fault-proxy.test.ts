// The fault proxy of the conformance suite between real clients and real servers.
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { BlobServiceClient } from "@azure/storage-blob";
import {
  httpRequest,
  redisCommand,
  redisErrors,
  startFaultProxy,
  type FaultProxy,
} from "@threadstore/conformance/fault-proxy";
import { Redis } from "ioredis";
import { afterAll, expect, it } from "vitest";
import { describeWithService } from "./vitest/describe-with-service.ts";

async function proxyFor(address: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(address);
  return startFaultProxy({ target: { host: hostname, port: Number(port) } });
}

await describeWithService("redis", "between ioredis and Redis", async ({ url }) => {
  const proxy = await proxyFor(url);
  const redis = new Redis(proxy.port, "127.0.0.1");
  redis.on("error", () => undefined);
  afterAll(async () => {
    redis.disconnect();
    await proxy.close();
  });

  it("forwards a pipeline in order, with one injected response", async () => {
    proxy.arm({ type: "respondRedis", error: redisErrors.outOfMemory, when: redisCommand("SET"), nth: 2 });
    const results = await redis.pipeline().set("proxy:a", "1").set("proxy:b", "2").get("proxy:a").exec();
    expect(results).toEqual([
      [null, "OK"],
      [expect.objectContaining({ message: redisErrors.outOfMemory })],
      [null, "1"],
    ]);
  });

  it("drops the reply to an executed command, which ioredis then sends again", async () => {
    await redis.del("proxy:count");
    const armed = proxy.arm({ type: "discardResponse", when: redisCommand("INCR") });
    expect(await redis.incr("proxy:count")).toBe(2);
    expect(armed.strikes).toBe(1);
    expect(proxy.connections).toBe(2);
  });

  it("drops a command, which is then executed once", async () => {
    await redis.del("proxy:count");
    proxy.arm({ type: "cutRequest", afterBytes: 5, when: redisCommand("INCR") });
    expect(await redis.incr("proxy:count")).toBe(1);
  });
});

await describeWithService("s3", "between the AWS SDK and Ceph", async (endpoint) => {
  const proxy = await proxyFor(endpoint.endpoint);
  const Bucket = "fault-proxy";
  const s3 = new S3Client({
    endpoint: `http://127.0.0.1:${proxy.port}`,
    region: endpoint.region,
    credentials: endpoint,
    forcePathStyle: true,
  });
  afterAll(async () => {
    s3.destroy();
    await proxy.close();
  });

  it("drops the response to a conditional write, whose retry by the SDK then conflicts with it", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const armed = proxy.arm({ type: "discardResponse", when: httpRequest({ method: "PUT" }) });
    // Large enough that the SDK sends Expect: 100-continue before the body.
    const Body = Buffer.alloc(3_000_000, "x");
    await expect(
      s3.send(new PutObjectCommand({ Bucket, Key: "lost", Body, IfNoneMatch: "*" })),
    ).rejects.toMatchObject({ $metadata: { httpStatusCode: 412, attempts: 2 } });
    expect(armed.strikes).toBe(1);
    const { ContentLength } = await s3.send(new GetObjectCommand({ Bucket, Key: "lost" }));
    expect(ContentLength).toBe(3_000_000);
  });

  it("responds instead of the server", async () => {
    const body = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
    proxy.arm({ type: "respondHttp", status: 503, headers: { "content-type": "application/xml" }, body });
    const { $metadata } = await s3.send(new PutObjectCommand({ Bucket, Key: "slow", Body: "x" }));
    expect($metadata.attempts).toBe(2);
    proxy.arm({
      type: "respondHttp",
      status: 503,
      headers: { "content-type": "application/xml" },
      body,
      times: 3,
    });
    await expect(s3.send(new PutObjectCommand({ Bucket, Key: "slow", Body: "x" }))).rejects.toMatchObject({
      name: "SlowDown",
    });
  });

  it("cuts a response in its body", async () => {
    proxy.arm({
      type: "cutResponse",
      afterBytes: 100_000,
      when: httpRequest({ method: "GET", path: /lost/u }),
    });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "lost" }));
    await expect(Body?.transformToByteArray()).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

await describeWithService("azurite", "between the Azure SDK and Azurite", async ({ connectionString }) => {
  const [, endpoint = ""] = /BlobEndpoint=([^;]+)/u.exec(connectionString) ?? [];
  const proxy = await proxyFor(endpoint);
  const proxied = connectionString.replace(new URL(endpoint).host, `127.0.0.1:${proxy.port}`);
  const container = BlobServiceClient.fromConnectionString(proxied).getContainerClient("fault-proxy");
  afterAll(() => proxy.close());

  it("delays the response to a write while another client writes", async () => {
    await container.create();
    const blob = container.getBlockBlobClient("held");
    const direct = BlobServiceClient.fromConnectionString(connectionString)
      .getContainerClient("fault-proxy")
      .getBlockBlobClient("held");
    const armed = proxy.arm({ type: "holdResponse", when: httpRequest({ method: "PUT", path: /held/u }) });
    const held = blob.upload("mine", 4);
    await armed.struck;
    await direct.upload("theirs", 6);
    armed.release();
    await held;
    expect((await blob.downloadToBuffer()).toString()).toBe("theirs");
  });

  it("drops the response to a conditional write, whose retry by the SDK then conflicts with it", async () => {
    proxy.arm({ type: "discardResponse", when: httpRequest({ method: "PUT", path: /lost/u }) });
    const create = container.getBlockBlobClient("lost").upload("x", 1, { conditions: { ifNoneMatch: "*" } });
    await expect(create).rejects.toMatchObject({ statusCode: 409, code: "BlobAlreadyExists" });
  });
});
