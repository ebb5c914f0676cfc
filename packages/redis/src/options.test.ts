import { Cluster, Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisDriver } from "./redis-store.ts";

type Options = Parameters<typeof redisDriver>[0];

/** Returns the message of the `TypeError` that the options cause. */
function messageFor(options: unknown): string {
  try {
    redisDriver(options as Options);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
  throw new Error("The options were accepted.");
}

const lazy = { lazyConnect: true };

test("invalid options throw a TypeError when the driver is created", () => {
  expect(messageFor({})).toMatch(/Either `url` or `client` must be set/);
  expect(messageFor({ url: "redis://localhost", client: new Redis(lazy) })).toMatch(/not both/);
  expect(messageFor({ client: null })).toMatch(/must be a Redis or Cluster/);
  expect(messageFor({ client: {} })).toMatch(/must be a Redis or Cluster/);
});

test.each(["", "localhost", "http://localhost", "redis://[", "redis://:s3cret@host:port", 6379])(
  "the URL %j throws a TypeError that does not repeat it",
  (url) => {
    const message = messageFor({ url });
    expect(message).toMatch(/`url` must be a valid URL that begins with redis:/);
    expect(message).not.toContain("s3cret");
  },
);

test("unknown options throw a TypeError that names them", () => {
  expect(messageFor({ url: "redis://localhost", keyPrefix: "a" })).toMatch(/^`keyPrefix` is not an option/);
  const replicas = { count: 1, timeout: 5 };
  expect(messageFor({ url: "redis://localhost", replicas })).toMatch(/^`timeout` is not an option/);
});

test.each(["", "{", "a{b", "a}", "\ud800", 7])("the prefix %j throws a TypeError", (prefix) => {
  expect(messageFor({ url: "redis://localhost", prefix })).toMatch(/`prefix` must be/);
});

test.each([{ count: 0 }, { count: 1.5 }, { count: 1, timeoutMs: 0 }, {}])(
  "the replicas %j throw a TypeError",
  (replicas) => {
    expect(messageFor({ url: "redis://localhost", replicas })).toMatch(/`replicas` must have/);
  },
);

test("replicas together with a Cluster throw a TypeError", () => {
  const client = new Cluster([{ host: "localhost", port: 1 }], lazy);
  expect(messageFor({ client, replicas: { count: 1 } })).toMatch(/must not be used with a Cluster/);
});

test("a client that reads from replicas throws a TypeError, because a load could miss an acknowledged save", () => {
  const nodes = [{ host: "localhost", port: 1 }];
  const reason = /must read from masters/;
  expect(messageFor({ client: new Cluster(nodes, { ...lazy, scaleReads: "all" }) })).toMatch(reason);
  expect(messageFor({ client: new Cluster(nodes, { ...lazy, scaleReads: "slave" }) })).toMatch(reason);
  const chooseNode = (): Redis => new Redis(lazy);
  expect(messageFor({ client: new Cluster(nodes, { ...lazy, scaleReads: chooseNode }) })).toMatch(reason);
  const sentinels = { ...lazy, sentinels: nodes, name: "main" };
  expect(messageFor({ client: new Redis({ ...sentinels, role: "slave" }) })).toMatch(reason);
  expect(messageFor({ client: new Redis({ ...lazy, readOnly: true }) })).toMatch(reason);
  redisDriver({ client: new Redis(sentinels) });
  redisDriver({ client: new Cluster(nodes, lazy) });
});

test("creating and closing a driver does not use the network", async () => {
  const client = new Redis(1, "127.0.0.1", lazy);
  const driver = redisDriver({ client });
  await driver.close();
  expect(client.status).toBe("wait");
  await redisDriver({ url: "redis://127.0.0.1:1" }).close();
});
