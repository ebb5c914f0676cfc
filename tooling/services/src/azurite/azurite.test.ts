import { execFile } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { waitUntil } from "../processes/wait-until.ts";
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

  it("does not close idle connections for an hour", async () => {
    const url = /BlobEndpoint=([^;]+)/u.exec(endpoint.connectionString)?.[1] ?? "";
    const [response] = (await once(get(url), "response")) as [IncomingMessage];
    response.resume();
    expect(response.headers["keep-alive"]).toBe("timeout=3600");
  });

  it("reports in its log when it stood still", async () => {
    servers.azurite.pause();
    expect(await servers.azurite.diagnose()).toMatch(/^azurite is running \(process \d+\)/u);
    await sleep(3_000);
    servers.azurite.resume();
    const isReported = async () => /event loop was blocked for \d/u.test(await servers.azurite.diagnose());
    await expect(waitUntil("the report", isReported)).resolves.toBeUndefined();
  });

  it("leaves neither a process nor an open port", async () => {
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

  it("keeps its blobs across an orderly shutdown and a restart", async () => {
    const container = containerOf(endpoint.connectionString);
    await container.create();
    await container.getBlockBlobClient("blob").upload("text", 4);
    await servers.azurite.kill("SIGTERM");
    expect(await servers.azurite.diagnose()).toMatch(/^azurite ended with exit code 0/u);
    await servers.azurite.restart();
    expect((await container.getBlobClient("blob").downloadToBuffer()).toString()).toBe("text");
  });
});

describe("the preload", () => {
  it("disables the extent collection, which would block the server for minutes", async () => {
    const collector = createRequire(import.meta.url).resolve("azurite/dist/src/blob/gc/BlobGCManager.js");
    const program = `
      const { default: Collector } = require(${JSON.stringify(collector)});
      const used = [];
      const provider = new Proxy({}, { get: (_, name) => { used.push(name); throw new Error(); } });
      const logger = { info() {}, debug() {} };
      const instance = new Collector(provider, provider, provider, () => undefined, logger);
      instance.markSweep().then(() => console.log(used.length));
    `;
    const parameters = ["--import", join(import.meta.dirname, "preload.ts"), "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, parameters);
    expect(stdout.trim()).toBe("0");
  });
});
