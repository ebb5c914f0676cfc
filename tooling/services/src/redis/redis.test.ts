import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { startRedis } from "./redis.ts";

describe("startRedis", async () => {
  const { endpoint, servers, stop } = await startRedis();
  const redis = new Redis(endpoint.url);
  // The connection breaks when a test crashes the server, and ioredis reconnects.
  redis.on("error", () => undefined);
  afterAll(() => redis.disconnect());

  it("executes commands", async () => {
    await redis.set("key", "value");
    expect(await redis.get("key")).toBe("value");
  });

  it("keeps every acknowledged write across a crash and a restart", async () => {
    await redis.set("written", "before the kill");
    await servers.redis.kill();
    await servers.redis.restart();
    expect(await redis.get("written")).toBe("before the kill");
  });

  it("leaves neither a process nor an open port", async () => {
    const port = Number(new URL(endpoint.url).port);
    await stop();
    expect(processStart(servers.redis.pid)).toBeUndefined();
    expect(await accepts(port)).toBe(false);
  });
});
