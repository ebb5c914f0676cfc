import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { allServers } from "../service.ts";
import { startRedisSentinel } from "./redis-sentinel.ts";

describe("startRedisSentinel", async () => {
  const { endpoint, servers, stop } = await startRedisSentinel();
  const redis = new Redis({
    sentinels: [...endpoint.sentinels],
    name: endpoint.master,
    maxRetriesPerRequest: null,
    sentinelRetryStrategy: () => 50,
    retryStrategy: () => 50,
  });
  redis.on("error", () => undefined);
  afterAll(() => redis.disconnect());

  it("is reachable through its sentinels and has two replicas", async () => {
    await redis.set("key", "value");
    expect(await redis.wait(2, 60_000)).toBe(2);
  });

  it("promotes a replica when the master crashes", async () => {
    await servers.master.kill();
    expect(await redis.get("key")).toBe("value");
    await redis.set("key", "after");
    expect(await redis.get("key")).toBe("after");
    expect(await redis.role()).toMatchObject({ 0: "master" });
  });

  it("leaves neither a process nor an open port", async () => {
    await stop();
    expect(allServers(servers)).toHaveLength(6);
    expect(allServers(servers).filter(({ pid }) => processStart(pid) !== undefined)).toEqual([]);
    expect(await Promise.all(endpoint.sentinels.map(({ port }) => accepts(port)))).not.toContain(true);
  });
});
