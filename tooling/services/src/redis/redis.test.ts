import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { startRedis } from "./redis.ts";

describe("startRedis", async () => {
  const { endpoint, servers, stop } = await startRedis();
  const redis = new Redis(endpoint.url);
  // Its connection breaks when a test kills the server, and ioredis connects again.
  redis.on("error", () => undefined);
  afterAll(() => redis.disconnect());

  it("answers commands", async () => {
    await redis.set("key", "value");
    expect(await redis.get("key")).toBe("value");
  });

  it("has every acknowledged write after a kill and a restart", async () => {
    await redis.set("written", "before the kill");
    await servers.redis.kill();
    await servers.redis.restart();
    expect(await redis.get("written")).toBe("before the kill");
  });

  it("leaves no process and no open port", async () => {
    const port = Number(new URL(endpoint.url).port);
    await stop();
    expect(processStart(servers.redis.pid)).toBeUndefined();
    expect(await accepts(port)).toBe(false);
  });
});
