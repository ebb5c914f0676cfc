import { startRedisSentinel } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { redisStore } from "./redis-store.ts";

await describeWithService("redis-sentinel", "the `replicas` option", ({ sentinels, master }) => {
  const client = new Redis({ sentinels: [...sentinels], name: master });
  afterAll(() => client.disconnect());

  test("acknowledges a save and a delete that both replicas have", async () => {
    const store = redisStore({ client, prefix: "replicas", replicas: { count: 2, timeoutMs: 20_000 } });
    const first = await store.save("a", { n: 1 });
    await store.save("a", { n: 2 }, { previous: first });
    // WAIT returns at once: both replicas already have the saves.
    expect(await client.wait(2, 1)).toBe(2);
    expect(await store.delete("a")).toBe(true);
  });

  test("makes a change OUTCOME_UNKNOWN but applied if there are too few replicas", async () => {
    const store = redisStore({ client, prefix: "replicas", replicas: { count: 5, timeoutMs: 50 } });
    await expect(store.save("b", { n: 1 })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      message: expect.stringMatching(/Too few replicas/u),
    });
    expect((await store.load("b"))?.thread).toEqual({ n: 1 });
    await expect(store.delete("b")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await store.load("b")).toBeUndefined();
  });

  test("does not accept the answer to a WAIT on another connection", async () => {
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

test("paused replicas make a save OUTCOME_UNKNOWN until they resume", async () => {
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
    const latest = await patient.load("a");
    expect(latest?.thread).toEqual({ n: 2 });
    await patient.save("a", { n: 3 }, { previous: latest });
  } finally {
    client.disconnect();
    await stop();
  }
});
