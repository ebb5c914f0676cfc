import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { startAzurite } from "./azurite.ts";

function containerOf(connectionString: string): ContainerClient {
  return BlobServiceClient.fromConnectionString(connectionString).getContainerClient("threads");
}

describe("startAzurite in memory", async () => {
  const { endpoint, servers, stop } = await startAzurite();

  it("answers requests", async () => {
    const container = containerOf(endpoint.connectionString);
    await container.create();
    await container.getBlockBlobClient("blob").upload("text", 4);
    expect((await container.getBlobClient("blob").downloadToBuffer()).toString()).toBe("text");
  });

  it("leaves no process and no open port", async () => {
    const port = Number(/:(\d+)\//u.exec(endpoint.connectionString)?.[1]);
    expect(await accepts(port)).toBe(true);
    await stop();
    expect(processStart(servers.azurite.pid)).toBeUndefined();
    expect(await accepts(port)).toBe(false);
  });
});

describe("startAzurite on disk", async () => {
  const { endpoint, servers, stop } = await startAzurite({ disk: true });
  afterAll(stop);

  it("has its blobs after an orderly end and a restart", async () => {
    const container = containerOf(endpoint.connectionString);
    await container.create();
    await container.getBlockBlobClient("blob").upload("text", 4);
    await servers.azurite.kill("SIGTERM");
    await servers.azurite.restart();
    expect((await container.getBlobClient("blob").downloadToBuffer()).toString()).toBe("text");
  });
});
