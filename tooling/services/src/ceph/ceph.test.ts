import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { allServers } from "../service.ts";
import { startCeph, type S3Endpoint } from "./ceph.ts";

function clientOf(endpoint: S3Endpoint, settings: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: endpoint.endpoint,
    region: endpoint.region,
    credentials: endpoint,
    forcePathStyle: true,
    ...settings,
  });
}

describe("startCeph", async () => {
  const { endpoint, servers, stop } = await startCeph();
  const client = clientOf(endpoint);
  const { bucket: Bucket } = endpoint;
  afterAll(() => client.destroy());

  async function read(Key: string): Promise<string | undefined> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  }

  it("answers requests and supports conditional writes", async () => {
    await client.send(new CreateBucketCommand({ Bucket }));
    const create = new PutObjectCommand({ Bucket, Key: "key", Body: "value", IfNoneMatch: "*" });
    await client.send(create);
    await expect(client.send(create)).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    expect(await read("key")).toBe("value");
  });

  it("keeps its objects when the gateway crashes and restarts", async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: "written", Body: "before the kill" }));
    await servers.gateway.kill();
    await servers.gateway.restart();
    expect(await read("written")).toBe("before the kill");
  });

  it("does not answer while its store is paused, and answers afterwards", async () => {
    servers.osd.pause();
    const request = new GetObjectCommand({ Bucket, Key: "written" });
    await expect(client.send(request, { abortSignal: AbortSignal.timeout(500) })).rejects.toThrow("aborted");
    servers.osd.resume();
    expect(await read("written")).toBe("before the kill");
  });

  it("leaves neither a process nor an open port", async () => {
    await stop();
    expect(allServers(servers).map(({ pid }) => processStart(pid))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await accepts(Number(new URL(endpoint.endpoint).port))).toBe(false);
  });
});

describe("startCeph with bluestore", async () => {
  const { endpoint, servers, stop } = await startCeph({ store: "bluestore" });
  afterAll(stop);

  it("keeps its objects when all servers crash and restart", async () => {
    const { bucket: Bucket } = endpoint;
    const client = clientOf(endpoint);
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutObjectCommand({ Bucket, Key: "written", Body: "before the kill" }));
    for (const server of [servers.gateway, servers.osd, servers.monitor]) await server.kill();
    for (const server of [servers.monitor, servers.osd, servers.gateway]) await server.restart();
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "written" }));
    expect(await Body?.transformToString()).toBe("before the kill");
    client.destroy();
  });
});
