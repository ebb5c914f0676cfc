import { startRedisSentinel } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { redisStore } from "./redis-store.ts";

test.each([{ count: 0 }, { count: 1.5 }, { count: 1, timeoutMs: 0 }, {}])("%j is a TypeError", (replicas) => {
  expect(() => redisStore({ url: "redis://localhost", replicas: replicas as never })).toThrow(
    /`replicas` must/,
  );
});

test("a Cluster is a TypeError", () => {
  const client = new Cluster([{ host: "localhost", port: 1 }], { lazyConnect: true });
  expect(() => redisStore({ client, replicas: { count: 1 } })).toThrow(/cannot be had with a Cluster/);
});

await describeWithService("redis-sentinel", "waiting for replicas", ({ sentinels, master }) => {
  const client = new Redis({ sentinels: [...sentinels], name: master });
  afterAll(() => client.disconnect());

  test("confirms a save and a delete that both have", async () => {
    const store = redisStore({ client, prefix: "replicas", replicas: { count: 2, timeoutMs: 20_000 } });
    const first = await store.save("a", { n: 1 });
    await store.save("a", { n: 2 }, { previous: first });
    // WAIT answers at once and with both: nothing is left to replicate.
    expect(await client.wait(2, 1)).toBe(2);
    expect(await store.delete("a")).toBe(true);
  });

  test("is OUTCOME_UNKNOWN when there are too few, and the change is there", async () => {
    const store = redisStore({ client, prefix: "replicas", replicas: { count: 5, timeoutMs: 50 } });
    await expect(store.save("b", { n: 1 })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      cause: { name: "RedisTooFewReplicasError" },
    });
    expect((await store.load("b"))?.thread).toEqual({ n: 1 });
    await expect(store.delete("b")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await store.load("b")).toBeUndefined();
  });

  test("does not take the answer of another connection for that of its own", async () => {
    const store = redisStore({ client, prefix: "replicas", replicas: { count: 1, timeoutMs: 20_000 } });
    await store.save("c", { n: 1 });
    const send = client.sendCommand.bind(client);
    client.sendCommand = (command, ...rest) => {
      const answer = send(command, ...rest);
      if (command.name !== "wait") return answer;
      return Promise.resolve(answer).then(async (reached) => {
        client.disconnect(true);
        await new Promise((resolve) => client.once("ready", resolve));
        return reached;
      });
    };
    try {
      await expect(store.save("d", { n: 1 })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    } finally {
      client.sendCommand = send;
    }
  });
});

test("that have stopped keep a save from being confirmed, until they are back", async () => {
  const { endpoint, servers, stop } = await startRedisSentinel({ failoverAfterMs: 60_000 });
  const client = new Redis({ sentinels: [...endpoint.sentinels], name: endpoint.master });
  try {
    const patient = redisStore({ client, replicas: { count: 1, timeoutMs: 20_000 } });
    const first = await patient.save("a", { n: 1 });
    expect(servers.replicas).toHaveLength(2);
    for (const replica of servers.replicas) replica.pause();
    const impatient = redisStore({ client, replicas: { count: 1, timeoutMs: 200 } });
    await expect(impatient.save("a", { n: 2 }, { previous: first })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
    for (const replica of servers.replicas) replica.resume();
    const found = await patient.load("a");
    expect(found?.thread).toEqual({ n: 2 });
    await patient.save("a", { n: 3 }, { previous: found });
  } finally {
    client.disconnect();
    await stop();
  }
});
