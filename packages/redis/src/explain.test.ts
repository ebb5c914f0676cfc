import type { ThreadDriver } from "@threadstore/core";
import { type RedisService, startRedis } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis, ReplyError } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AnswerLostError, neverSent } from "./errors.ts";
import { explain } from "./explain.ts";
import { redisDriver, redisStore } from "./redis-store.ts";
import {
  failureOf,
  freshPrefix,
  key,
  options,
  rawClient,
  record,
  recordKey,
  textAt,
} from "./tools.test-helper.ts";

function replied(message: string): Error {
  return new ReplyError(message);
}

test.each([
  ["MISCONF Errors writing to the AOF file: No space left on device", "BACKEND_ERROR", "no"],
  ["CROSSSLOT Keys in request don't hash to the same slot", "MISCONFIGURED", "no"],
  ["LOADING Redis is loading the dataset in memory", "UNAVAILABLE", "no"],
  ["CLUSTERDOWN Hash slot not served", "UNAVAILABLE", "no"],
  ["MOVED 3999 127.0.0.1:6381", "MISCONFIGURED", "no"],
  ["ASK 3999 127.0.0.1:6381", "MISCONFIGURED", "no"],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "UNAVAILABLE", "no"],
  ["DENIED Redis is running in protected mode", "ACCESS_DENIED", "no"],
  ["NOPERM this user has no permissions", "ACCESS_DENIED", "no"],
  ["ERR something else", "BACKEND_ERROR", "unknown"],
  ["OOMPH", "BACKEND_ERROR", "unknown"],
])("%s is %s, applied: %s", (message, code, applied) => {
  const explanation = explain(replied(message));
  expect(explanation).toMatchObject({ code, applied });
});

test.each([
  ["ECONNREFUSED", "UNAVAILABLE"],
  ["ENOTFOUND", "UNAVAILABLE"],
  ["ETIMEDOUT", "UNAVAILABLE"],
  ["EPIPE", "UNAVAILABLE"],
  ["CERT_HAS_EXPIRED", "MISCONFIGURED"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "MISCONFIGURED"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "MISCONFIGURED"],
])("%s before anything was sent is %s, applied: no", (code, meaning) => {
  const error = neverSent(Object.assign(new Error("x"), { code }));
  expect(explain(error)).toMatchObject({ code: meaning, applied: "no" });
  expect(explain(error)?.message).toContain(code);
});

test("the cause of Cluster's last node counts; what is not Redis' is unknown; what was sent may be applied", () => {
  const nodeError = replied("WRONGPASS invalid username-password pair");
  const error = Object.assign(new Error("Failed to refresh slots cache."), { lastNodeError: nodeError });
  expect(explain(neverSent(error))).toMatchObject({ code: "ACCESS_DENIED", applied: "no" });
  expect(explain(new AnswerLostError())).toMatchObject({ code: "UNAVAILABLE", applied: "unknown" });
  for (const foreign of [
    new Error("MOVED 1 x"),
    new TypeError("x"),
    { code: "ECONNREFUSED" },
    "OOM",
    undefined,
  ]) {
    expect(explain(foreign)).toBeUndefined();
  }
});

test("messages repeat nothing that was answered or configured", () => {
  const answers = [
    "ERR s3cret",
    "s3cret-word from some other server",
    "NOPERM No permissions to access key 's3cret'",
  ];
  for (const message of answers) expect(explain(replied(message))?.message).not.toContain("s3cret");
  const odd = Object.assign(new Error("s3cret"), { code: "s3cret" });
  expect(explain(neverSent(odd))?.message).not.toContain("s3cret");
});

await describeWithService("redis", "errors of a real server", () => {
  let service: RedisService;
  let raw: Redis;
  let url: string;
  const drivers: ThreadDriver[] = [];

  beforeAll(async () => {
    service = await startRedis();
    ({ url } = service.endpoint);
    raw = rawClient(url);
  });
  afterAll(async () => {
    raw.disconnect();
    await service.stop();
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await raw.flushall();
  });

  function driverAt(at = url): ThreadDriver {
    const driver = redisDriver({ url: at });
    drivers.push(driver);
    return driver;
  }

  function withUser(user: string, password: string): string {
    return url.replace("://", `://${user}:${password}@`);
  }

  test("a wrong password is ACCESS_DENIED, and the message does not hold it", async () => {
    const driver = driverAt(withUser("nobody", "s3cret"));
    const explanation = await failureOf(driver, driver.write(key, record("x"), undefined, options));
    expect(explanation).toMatchObject({ code: "ACCESS_DENIED", applied: "no" });
    expect(explanation.message).not.toContain("s3cret");
  });

  test("no password where one is needed is ACCESS_DENIED", async () => {
    await raw.acl("SETUSER", "default", "resetpass", ">s3cret");
    try {
      const driver = driverAt();
      expect(await failureOf(driver, driver.read(key, undefined, options))).toMatchObject({
        code: "ACCESS_DENIED",
      });
    } finally {
      await raw.acl("SETUSER", "default", "nopass");
    }
  });

  test("a missing permission is ACCESS_DENIED, whichever it is, and never an empty store", async () => {
    const allowed = ["on", ">pw", "~threadstore:{*", "+@all"];
    const owner = driverAt();
    const stored = record("x");
    await owner.write(key, stored, undefined, options);
    const refused = { code: "ACCESS_DENIED", applied: "no" };

    await raw.acl("SETUSER", "elsewhere", "reset", "on", ">pw", "~other:*", "+@all");
    const elsewhere = driverAt(withUser("elsewhere", "pw"));
    expect(await failureOf(elsewhere, elsewhere.read(key, undefined, options))).toMatchObject(refused);
    expect(await failureOf(elsewhere, elsewhere.read(key, stored.nonce, options))).toMatchObject(refused);
    const page = { after: undefined, limit: 10 };
    expect(await failureOf(elsewhere, elsewhere.list("", page, options))).toMatchObject(refused);

    await raw.acl("SETUSER", "reader", "reset", ...allowed, "-set", "-setrange", "-zadd", "-del");
    const reader = driverAt(withUser("reader", "pw"));
    expect(await textAt(reader)).toBe("x}");
    const next = record("xy", { unchanged: 1 });
    expect(await failureOf(reader, reader.write(key, next, stored.nonce, options))).toMatchObject(refused);
    expect(await failureOf(reader, reader.delete(key, stored.nonce, options))).toMatchObject(refused);
    const other = { namespace: "", id: "other" };
    expect(await failureOf(reader, reader.write(other, next, undefined, options))).toMatchObject(refused);
    expect((await owner.list("", page, options)).records).toMatchObject([
      { id: key.id, version: stored.nonce },
    ]);
    await raw.acl("DELUSER", "elsewhere", "reader");
  });

  test("who may only read can list past what has expired", async () => {
    await raw.acl("SETUSER", "reader", "reset", "on", ">pw", "~*", "+@all", "-zrem");
    await driverAt().write(key, record("x"), undefined, options);
    await raw.del(recordKey("threadstore", key.id));
    const reader = driverAt(withUser("reader", "pw"));
    expect(await reader.list("", { after: undefined, limit: 10 }, options)).toEqual({
      records: [],
      next: undefined,
    });
    await raw.acl("DELUSER", "reader");
  });

  test("another application's key is MISCONFIGURED, and stays", async () => {
    const driver = driverAt();
    const name = recordKey("threadstore", key.id);
    await raw.rpush(name, "theirs");
    const misconfigured = { code: "MISCONFIGURED", applied: "no" };
    expect(await failureOf(driver, driver.read(key, undefined, options))).toMatchObject(misconfigured);
    expect(await failureOf(driver, driver.write(key, record("x"), undefined, options))).toMatchObject(
      misconfigured,
    );
    expect(await failureOf(driver, driver.delete(key, "x".repeat(22), options))).toMatchObject(misconfigured);
    expect(await raw.lrange(name, 0, -1)).toEqual(["theirs"]);
    await raw.del(name);
    const index = name.toString().slice(0, -1 - key.id.length);
    await raw.set(index, "theirs");
    expect(await failureOf(driver, driver.write(key, record("x"), undefined, options))).toMatchObject(
      misconfigured,
    );
    expect(await raw.exists(name)).toBe(0);
  });

  test("a full memory is STORAGE_FULL and keeps what it had; reading and deleting go on", async () => {
    const driver = driverAt();
    const stored = record("a".repeat(1000));
    await driver.write(key, stored, undefined, options);
    await raw.config("SET", "maxmemory", "1mb");
    const full = { code: "STORAGE_FULL", applied: "no" };
    try {
      const page = { after: undefined, limit: 10 };
      const another = { namespace: "", id: "another" };
      expect(await failureOf(driver, driver.write(another, record("b"), undefined, options))).toMatchObject(
        full,
      );
      for (const [unchanged, expiresAt] of [
        [1000, undefined],
        [1000, Date.now() + 9000],
        [0, undefined],
        [10, undefined],
      ] as const) {
        const next = record(unchanged === 10 ? "a".repeat(20) : "a".repeat(1001), { unchanged, expiresAt });
        expect(await failureOf(driver, driver.write(key, next, stored.nonce, options))).toMatchObject(full);
        expect(await driver.read(key, undefined, options)).toEqual({
          version: stored.nonce,
          bytes: stored.bytes,
        });
        expect(await raw.pttl(recordKey("threadstore", key.id))).toBe(-1);
      }
      expect((await driver.list("", page, options)).records).toHaveLength(1);
      expect(await driver.delete(key, stored.nonce, options)).toBe(true);
    } finally {
      await raw.config("SET", "maxmemory", "0");
    }
  });

  test("too few replicas is UNAVAILABLE, before anything is written", async () => {
    await raw.config("SET", "min-replicas-to-write", "1");
    try {
      const driver = driverAt();
      const unavailable = { code: "UNAVAILABLE", applied: "no" };
      expect(await failureOf(driver, driver.write(key, record("x"), undefined, options))).toMatchObject(
        unavailable,
      );
      expect(await textAt(driver)).toBeUndefined();
    } finally {
      await raw.config("SET", "min-replicas-to-write", "0");
    }
  });

  test("a replica is UNAVAILABLE, one without its master too, and works once it is a master", async () => {
    const driver = driverAt();
    const stored = record("x");
    await driver.write(key, stored, undefined, options);
    await raw.replicaof("127.0.0.1", 1);
    const unavailable = { code: "UNAVAILABLE", applied: "no" };
    try {
      expect(await failureOf(driver, driver.write(key, record("y"), stored.nonce, options))).toMatchObject(
        unavailable,
      );
      await raw.config("SET", "replica-serve-stale-data", "no");
      expect(await failureOf(driver, driver.read(key, undefined, options))).toMatchObject(unavailable);
    } finally {
      await raw.config("SET", "replica-serve-stale-data", "yes");
      await raw.replicaof("NO", "ONE");
    }
    const store = redisStore({ url });
    await store.save("works", {});
    await store.close();
  });

  test("a script of somebody's that does not end is UNAVAILABLE", async () => {
    await raw.config("SET", "busy-reply-threshold", "20");
    const driver = driverAt();
    await driver.read(key, undefined, options);
    using culprit = rawClient(url);
    const busy = culprit.eval("while true do end", 0).catch((error: unknown) => error);
    await expect.poll(() => raw.ping().catch(String)).toContain("BUSY");
    try {
      const unavailable = { code: "UNAVAILABLE", applied: "no" };
      expect(await failureOf(driver, driver.write(key, record("x"), undefined, options))).toMatchObject(
        unavailable,
      );
    } finally {
      const killer = new Redis(url, { enableReadyCheck: false, disableClientInfo: true, protocol: 2 });
      await killer.script("KILL");
      killer.disconnect();
      await busy;
      await raw.config("SET", "busy-reply-threshold", "5000");
    }
  });

  test("a script that Redis has forgotten is sent again", async () => {
    const driver = driverAt();
    const first = record("a");
    await driver.write(key, first, undefined, options);
    await raw.script("FLUSH");
    const second = record("b");
    expect(await driver.write(key, second, first.nonce, options)).toBe(second.nonce);
    await raw.script("FLUSH");
    const rivals = Array.from({ length: 20 }, () => driver.write(key, record("c"), second.nonce, options));
    expect((await Promise.all(rivals)).filter((each) => each !== undefined)).toHaveLength(1);
  });

  test("a transaction that the client's owner has begun is no lost race", async () => {
    const client = new Redis(url);
    const driver = redisDriver({ client });
    await client.multi({ pipeline: false });
    await expect(driver.write(key, record("x"), undefined, options)).rejects.toThrow("unexpected");
    await client.discard();
    client.disconnect();
  });

  test("a client that was closed is MISCONFIGURED", async () => {
    const client = new Redis(url, { lazyConnect: true });
    client.disconnect();
    const driver = redisDriver({ client });
    const explanation = await failureOf(driver, driver.read(key, undefined, options));
    expect(explanation).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
    expect(explanation.message).toContain("client is closed");
  });

  test("a host that is not there is UNAVAILABLE", async () => {
    const driver = driverAt("redis://no-such-host.invalid:6379");
    expect(await failureOf(driver, driver.read(key, undefined, options))).toMatchObject({
      code: "UNAVAILABLE",
      applied: "no",
    });
  });

  test("a Cluster that cannot be reached, or is none, is UNAVAILABLE with the reason", async () => {
    for (const [port, reason] of [
      [1, "could not be reached"],
      [Number(new URL(url).port), "(ERR)"],
    ] as const) {
      const client = new Cluster([{ host: "127.0.0.1", port }], { lazyConnect: true });
      client.on("error", () => undefined);
      const driver = redisDriver({ client });
      const explanation = await failureOf(driver, driver.read(key, undefined, options));
      client.disconnect();
      expect(explanation).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
      expect(explanation.message).toContain(reason);
    }
  });

  test("a second store on the prefix of the first sees what it saved, after a restart too", async () => {
    const prefix = freshPrefix();
    const first = redisStore({ url, prefix });
    const saved = await first.save("thread", { n: 1 });
    await service.servers.redis.kill();
    const failed = first.load("thread", { timeoutMs: 200 }).catch((error: unknown) => error);
    expect(await failed).toMatchObject({ code: "UNAVAILABLE" });
    await service.servers.redis.restart();
    expect((await first.load("thread"))?.version).toBe(saved.version);
    await first.close();
  });
});
