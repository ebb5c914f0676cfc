import { Cluster, Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisDriver } from "./redis-store.ts";

type Options = Parameters<typeof redisDriver>[0];

function wrong(options: unknown): string {
  let thrown: unknown;
  try {
    redisDriver(options as Options);
  } catch (error) {
    thrown = error;
  }
  if (thrown instanceof TypeError) return thrown.message;
  throw new Error("The options are no TypeError.", { cause: thrown });
}

const lazy = { lazyConnect: true };

test("wrong options are a TypeError at construction", () => {
  expect(wrong({})).toMatch(/one of `url` and `client`/);
  expect(wrong({ url: "redis://localhost", client: new Redis(lazy) })).toMatch(/not both/);
  expect(wrong({ client: null })).toMatch(/must be a Redis or a Cluster/);
  expect(wrong({ client: {} })).toMatch(/must be a Redis or a Cluster/);
  expect(wrong({ url: "redis://localhost", prefix: "{" })).toMatch(/`prefix`/);
});

test.each(["", "localhost", "http://localhost", "redis://[", "redis://:s3cret@host:port", 6379])(
  "the URL %j is a TypeError, which does not repeat it",
  (url) => {
    const message = wrong({ url });
    expect(message).toMatch(/`url` must begin with redis:/);
    expect(message).not.toContain("s3cret");
  },
);

test("a client that reads from replicas is a TypeError: a load could miss a confirmed save", () => {
  const nodes = [{ host: "localhost", port: 1 }];
  const reasons = /reads from replicas/;
  expect(wrong({ client: new Cluster(nodes, { ...lazy, scaleReads: "all" }) })).toMatch(reasons);
  expect(wrong({ client: new Cluster(nodes, { ...lazy, scaleReads: "slave" }) })).toMatch(reasons);
  expect(wrong({ client: new Cluster(nodes, { ...lazy, scaleReads: () => new Redis(lazy) }) })).toMatch(
    reasons,
  );
  const sentinels = { ...lazy, sentinels: nodes, name: "main" };
  expect(wrong({ client: new Redis({ ...sentinels, role: "slave" }) })).toMatch(reasons);
  expect(wrong({ client: new Redis({ ...lazy, readOnly: true }) })).toMatch(reasons);
  redisDriver({ client: new Redis(sentinels) });
  redisDriver({ client: new Cluster(nodes, lazy) });
});

test("making and closing a store without using it does nothing on the network", async () => {
  const client = new Redis(1, "127.0.0.1", lazy);
  const given = redisDriver({ client });
  await given.close();
  expect(client.status).toBe("wait");
  await redisDriver({ url: "redis://127.0.0.1:1" }).close();
});
