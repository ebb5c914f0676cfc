// Servers that accept connections and never answer. An operator must not wait for long.
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Outcome, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";
import { PASSWORD } from "./server.test-helper.ts";

const sockets = new Set<Socket>();
const folder = temporaryFolder();
let server: Server;
let address = "";

beforeAll(async () => {
  server = createServer((socket) => void sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv("AWS_ACCESS_KEY_ID", "a");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", PASSWORD);
});
afterAll(() => {
  vi.unstubAllEnvs();
  for (const socket of sockets) socket.destroy();
  server.close();
});

const URLS = {
  redis: () => `redis://user:${PASSWORD}@${address}`,
  postgres: () => `postgres://user:${PASSWORD}@${address}/db`,
  s3: () => `s3://bucket#endpoint=http://${address}&region=x&forcePathStyle=true`,
  azure: () => `azure://account/container#endpoint=http://${address}/account`,
};

describe.each(Object.entries(URLS))("a silent server of %s", (_, url) => {
  const run = (...parameters: string[]): Promise<Outcome> =>
    runIn(folder(), parameters, { env: { AZURE_STORAGE_KEY: "aGlkZGVuLWhpZGRlbg==" } });

  it("is reported after ten seconds", { timeout: 60_000 }, async () => {
    const startedAt = performance.now();
    const { exitCode, stderr } = await run("stats", url());
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("did not respond within 10000 ms")]);
    expect(stderr).not.toContain(PASSWORD);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it("is reported after the `timeoutMs` of the URL", async () => {
    const text = url();
    const startedAt = performance.now();
    const { exitCode, stderr } = await run("ls", `${text}${text.includes("#") ? "&" : "#"}timeoutMs=300`);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("did not respond within 300 ms")]);
    expect(performance.now() - startedAt).toBeLessThan(6000);
  });
});
