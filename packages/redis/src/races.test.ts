import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis } from "ioredis";
import { expect, test } from "vitest";
import type { Client } from "./harness.test-helper.ts";
import { redisDriver } from "./redis-store.ts";
import { callOptions, freshPrefix, key, record } from "./redis.test-helper.ts";

/** In each of 100 rounds, 20 clients with separate connections save with one expected version. */
async function expectOneWinnerPerRound(connect: () => Client): Promise<void> {
  const clients = Array.from({ length: 20 }, connect);
  const prefix = freshPrefix();
  const drivers = clients.map((client) => redisDriver({ client, prefix }));
  let version: string | undefined;
  for (let round = 0; round < 100; round += 1) {
    const versions = await Promise.all(
      drivers.map((driver) => driver.write(key, record(`${round}`), version, callOptions)),
    );
    const winners = versions.filter((each) => each !== undefined);
    expect(winners).toHaveLength(1);
    [version] = winners;
  }
  for (const client of clients) client.disconnect();
}

await describeWithService("redis", "redisDriver on a single server", ({ url }) => {
  test("exactly one of 20 clients wins each of 100 rounds", () =>
    expectOneWinnerPerRound(() => new Redis(url)));
});

await describeWithService("redis-cluster", "redisDriver on a Cluster", ({ nodes }) => {
  test("exactly one of 20 clients wins each of 100 rounds", () =>
    expectOneWinnerPerRound(() => new Cluster([...nodes])));
});

await describeWithService("redis-sentinel", "redisDriver with Sentinel", ({ sentinels, master }) => {
  test("exactly one of 20 clients wins each of 100 rounds", () =>
    expectOneWinnerPerRound(() => new Redis({ sentinels: [...sentinels], name: master })));
});
