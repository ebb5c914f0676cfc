import { Cluster } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { accepts } from "../processes/ports.ts";
import { processStart } from "../processes/process-identity.ts";
import { allServers } from "../service.ts";
import { startRedisCluster } from "./redis-cluster.ts";

describe("startRedisCluster", async () => {
  const { endpoint, servers, stop } = await startRedisCluster();
  const cluster = new Cluster([...endpoint.nodes], {
    clusterRetryStrategy: () => 50,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    maxRedirections: 1000,
  });
  afterAll(() => cluster.disconnect());
  const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);

  it("distributes keys over three masters with one replica each", async () => {
    for (const key of keys) await cluster.set(key, "value");
    const counts = await Promise.all(cluster.nodes("master").map((master) => master.dbsize()));
    expect(counts).toHaveLength(3);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(await cluster.wait(1, 60_000)).toBe(1);
    await expect(cluster.mget(keys)).rejects.toThrow(/slot/u);
  });

  it("keeps every key when a master crashes", async () => {
    await servers.masters[0]?.kill();
    const values = [];
    // Commands are retried until a replica has been promoted.
    for (const key of keys) values.push(await cluster.get(key));
    expect(values).toEqual(keys.map(() => "value"));
    await cluster.set("key-0", "after");
    expect(await cluster.get("key-0")).toBe("after");
  });

  it("leaves neither a process nor an open port", async () => {
    await stop();
    expect(allServers(servers).filter(({ pid }) => processStart(pid) !== undefined)).toEqual([]);
    expect(await Promise.all(endpoint.nodes.map(({ port }) => accepts(port)))).not.toContain(true);
  });
});
