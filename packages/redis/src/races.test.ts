import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis } from "ioredis";
import { expect, test } from "vitest";
import type { Client } from "./harness.test-helper.ts";
import { redisDriver } from "./redis-store.ts";
import { freshPrefix, key, options, record } from "./tools.test-helper.ts";

/** Twenty clients, each on a connection of its own, save from one version, a hundred times over. */
async function expectOneWinnerEach(connect: () => Client): Promise<void> {
  const clients = Array.from({ length: 20 }, connect);
  const prefix = freshPrefix();
  const drivers = clients.map((client) => redisDriver({ client, prefix }));
  let version: string | undefined;
  for (let round = 0; round < 100; round += 1) {
    const versions = await Promise.all(
      drivers.map((driver) => driver.write(key, record(`${round}`), version, options)),
    );
    const winners = versions.filter((each) => each !== undefined);
    expect(winners).toHaveLength(1);
    [version] = winners;
  }
  for (const client of clients) client.disconnect();
}

await describeWithService("redis", "on one server", ({ url }) => {
  test("one of 20 clients wins each of 100 rounds", () => expectOneWinnerEach(() => new Redis(url)));
});

await describeWithService("redis-cluster", "in a Cluster", ({ nodes }) => {
  test("one of 20 clients wins each of 100 rounds", () => expectOneWinnerEach(() => new Cluster([...nodes])));
});

await describeWithService("redis-sentinel", "behind Sentinel", ({ sentinels, master }) => {
  test("one of 20 clients wins each of 100 rounds", () =>
    expectOneWinnerEach(() => new Redis({ sentinels: [...sentinels], name: master })));
});
