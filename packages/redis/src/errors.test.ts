import { reachableText } from "@threadstore/conformance";
import { ALL_BY_ID, type AsyncThreadDriver } from "@threadstore/core/driver";
import { type RedisService, startRedis } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis, ReplyError } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { connectionFailure, isReplyError, replyFailure, responseLost, tooFewReplicas } from "./errors.ts";
import { keysWithPrefix } from "./keys.ts";
import { redisDriver, redisStore } from "./redis-store.ts";
import {
  callOptions,
  directClient,
  failureOf,
  freshPrefix,
  key,
  record,
  recordKey,
  textAt,
} from "./redis.test-helper.ts";

test.each([
  ["MISCONF Errors writing to the AOF file: No space left on device", "BACKEND_ERROR", "none"],
  ["CROSSSLOT Keys in request don't hash to the same slot", "MISCONFIGURED", "none"],
  ["LOADING Redis is loading the dataset in memory", "UNAVAILABLE", "none"],
  ["CLUSTERDOWN Hash slot not served", "UNAVAILABLE", "none"],
  ["MOVED 3999 127.0.0.1:6381", "MISCONFIGURED", "none"],
  ["ASK 3999 127.0.0.1:6381", "MISCONFIGURED", "none"],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "UNAVAILABLE", "none"],
  ["DENIED Redis is running in protected mode", "ACCESS_DENIED", "none"],
  ["NOPERM this user has no permissions", "ACCESS_DENIED", "none"],
  ["ERR something else", "BACKEND_ERROR", "unknown"],
  ["OOMPH", "BACKEND_ERROR", "unknown"],
])("the reply %j is %s with effect %s", (message, code, effect) => {
  const reply = new ReplyError(message);
  expect(replyFailure(reply)).toMatchObject({ code, effect, cause: reply });
});

test.each([
  ["ECONNREFUSED", "UNAVAILABLE"],
  ["ENOTFOUND", "UNAVAILABLE"],
  ["ETIMEDOUT", "UNAVAILABLE"],
  ["EPIPE", "UNAVAILABLE"],
  ["CERT_HAS_EXPIRED", "MISCONFIGURED"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "MISCONFIGURED"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "MISCONFIGURED"],
])("%s while connecting is %s without effect", (networkCode, code) => {
  const cause = Object.assign(new Error("x"), { code: networkCode });
  const failure = connectionFailure(cause);
  expect(failure).toMatchObject({ code, effect: "none", cause });
  expect(failure.message).toContain(networkCode);
});

test("a command that was not sent is without effect, whatever the reply", () => {
  const reply = new ReplyError("ERR something else");
  expect(connectionFailure(reply)).toMatchObject({ code: "BACKEND_ERROR", effect: "none", cause: reply });
});

test("a Cluster that cannot connect is classified by the error of its last node", () => {
  const lastNodeError = new ReplyError("WRONGPASS invalid username-password pair");
  const cause = Object.assign(new Error("Failed to refresh slots cache."), { lastNodeError });
  expect(connectionFailure(cause)).toMatchObject({ code: "ACCESS_DENIED", effect: "none", cause });
});

test("a lost response has an unknown effect, and too few replicas make a change not durable", () => {
  const cause = new Error("x");
  expect(responseLost(cause)).toMatchObject({ code: "UNAVAILABLE", effect: "unknown", cause });
  expect(tooFewReplicas(cause)).toMatchObject({ code: "UNAVAILABLE", effect: "not-durable", cause });
});

test("only an error of ioredis counts as a reply", () => {
  const others = [new Error("MOVED 1 x"), new TypeError("x"), { name: "ReplyError" }, "OOM", undefined];
  expect(others.filter(isReplyError)).toEqual([]);
});

test("messages do not repeat anything that was received or configured", () => {
  const replies = [
    "ERR s3cret",
    "s3cret-word from some other server",
    "NOPERM No permissions to access key 's3cret'",
  ];
  for (const reply of replies) expect(replyFailure(new ReplyError(reply)).message).not.toContain("s3cret");
  const odd = Object.assign(new Error("s3cret"), { code: "s3cret" });
  expect(connectionFailure(odd).message).not.toContain("s3cret");
});

await describeWithService("redis", "errors of a server", () => {
  let service: RedisService;
  let direct: Redis;
  let url: string;
  const drivers: AsyncThreadDriver[] = [];

  beforeAll(async () => {
    service = await startRedis();
    ({ url } = service.endpoint);
    direct = directClient(url);
  });
  afterAll(async () => {
    direct.disconnect();
    await service.stop();
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await direct.flushall();
  });

  function driverAt(at = url): AsyncThreadDriver {
    const driver = redisDriver({ url: at });
    drivers.push(driver);
    return driver;
  }

  function withUser(user: string, password: string): string {
    return url.replace("://", `://${user}:${password}@`);
  }

  test("a wrong password is ACCESS_DENIED, and the message does not contain it", async () => {
    const driver = driverAt(withUser("unknown", "s3cret"));
    const failure = await failureOf(driver.write(key, record("x"), undefined, callOptions));
    expect(failure).toMatchObject({ code: "ACCESS_DENIED", effect: "none" });
    expect(failure.message).not.toContain("s3cret");
  });

  test.each<[string, (driver: AsyncThreadDriver) => Promise<unknown>]>([
    ["a write", (driver) => driver.write(key, record("c0ntent ".repeat(100)), undefined, callOptions)],
    ["a read", (driver) => driver.read(key, undefined, callOptions)],
    ["a listing", (driver) => driver.list("", { ...ALL_BY_ID, limit: 1 }, callOptions)],
    [
      "a listing by recency",
      (driver) => driver.list("", { ...ALL_BY_ID, order: "updated", limit: 1 }, callOptions),
    ],
  ])("no error of %s leads to passwords or contents, and each names the server", async (_, call) => {
    const { host } = new URL(url);
    await direct.acl(
      "SETUSER",
      "limited",
      "reset",
      "on",
      ">s3cret",
      "~*",
      "+@all",
      "-@scripting",
      "-get",
      "-zrangebylex",
      "-zrangebyscore",
    );
    await direct.acl("SETUSER", "unable", "reset", "on", ">s3cret", "~*", "-@all");
    for (const user of ["limited", "unable", "unknown"]) {
      const failure = await failureOf(call(driverAt(withUser(user, "s3cret"))));
      expect(failure.message).toContain(host);
      expect(failure.cause).toBeInstanceOf(Error);
      expect(reachableText(failure)).not.toMatch(/s3cret|c0ntent/u);
    }
  });

  test("an unknown command is not quoted with its arguments", () => {
    const message = "ERR unknown command 'EVALSHA', with args beginning with: 'sha' '2' 'c0ntent'";
    const reply = Object.assign(new ReplyError(message), { command: { name: "evalsha", args: ["c0ntent"] } });
    expect(reachableText(replyFailure(reply))).not.toContain("c0ntent");
    expect(reply.message).toBe("ERR unknown command 'EVALSHA'");
  });

  test("a missing password is ACCESS_DENIED", async () => {
    await direct.acl("SETUSER", "default", "resetpass", ">s3cret");
    try {
      const driver = driverAt();
      expect(await failureOf(driver.read(key, undefined, callOptions))).toMatchObject({
        code: "ACCESS_DENIED",
      });
    } finally {
      await direct.acl("SETUSER", "default", "nopass");
    }
  });

  test("any missing permission is ACCESS_DENIED, never an empty store", async () => {
    const allowed = ["on", ">pw", "~threadstore:{*", "+@all"];
    const owner = driverAt();
    const stored = record("x");
    await owner.write(key, stored, undefined, callOptions);
    const refused = { code: "ACCESS_DENIED", effect: "none" };

    await direct.acl("SETUSER", "elsewhere", "reset", "on", ">pw", "~other:*", "+@all");
    const elsewhere = driverAt(withUser("elsewhere", "pw"));
    expect(await failureOf(elsewhere.read(key, undefined, callOptions))).toMatchObject(refused);
    expect(await failureOf(elsewhere.read(key, stored.nonce, callOptions))).toMatchObject(refused);
    const page = { ...ALL_BY_ID, limit: 10 };
    expect(await failureOf(elsewhere.list("", page, callOptions))).toMatchObject(refused);

    await direct.acl("SETUSER", "reader", "reset", ...allowed, "-set", "-setrange", "-zadd", "-del");
    const reader = driverAt(withUser("reader", "pw"));
    expect(await textAt(reader)).toBe("x}");
    const next = record("xy", { unchanged: 1 });
    expect(await failureOf(reader.write(key, next, stored.nonce, callOptions))).toMatchObject(refused);
    expect(await failureOf(reader.delete(key, stored.nonce, callOptions))).toMatchObject(refused);
    const other = { namespace: "", id: "other" };
    expect(await failureOf(reader.write(other, next, undefined, callOptions))).toMatchObject(refused);
    expect((await owner.list("", page, callOptions)).records).toMatchObject([
      { id: key.id, version: stored.nonce },
    ]);
    await direct.acl("DELUSER", "elsewhere", "reader");
  });

  test("a user without ZREM can list past expired records", async () => {
    await direct.acl("SETUSER", "reader", "reset", "on", ">pw", "~*", "+@all", "-zrem");
    await driverAt().write(key, record("x"), undefined, callOptions);
    await direct.del(recordKey("threadstore", key.id));
    const reader = driverAt(withUser("reader", "pw"));
    expect(await reader.list("", { ...ALL_BY_ID, limit: 10 }, callOptions)).toEqual({
      records: [],
      next: undefined,
    });
    await direct.acl("DELUSER", "reader");
  });

  test("an index key of another application is MISCONFIGURED, and no write is left half done", async () => {
    const driver = driverAt();
    const { index, recencyIndex } = keysWithPrefix("threadstore").of(key);
    const misconfigured = { code: "MISCONFIGURED", effect: "none" };
    for (const name of [index, recencyIndex]) {
      await direct.del(index, recencyIndex);
      await direct.rpush(name, "theirs");
      expect(await failureOf(driver.write(key, record("x"), undefined, callOptions))).toMatchObject(
        misconfigured,
      );
      expect(await driver.read(key, undefined, callOptions)).toBeUndefined();
    }
    await direct.del(index, recencyIndex);
  });

  test("a key of another application is MISCONFIGURED and is left as it is", async () => {
    const driver = driverAt();
    const name = recordKey("threadstore", key.id);
    await direct.rpush(name, "theirs");
    const misconfigured = { code: "MISCONFIGURED", effect: "none" };
    expect(await failureOf(driver.read(key, undefined, callOptions))).toMatchObject(misconfigured);
    expect(await failureOf(driver.write(key, record("x"), undefined, callOptions))).toMatchObject(
      misconfigured,
    );
    expect(await failureOf(driver.delete(key, "x".repeat(22), callOptions))).toMatchObject(misconfigured);
    expect(await direct.lrange(name, 0, -1)).toEqual(["theirs"]);
    await direct.del(name);
    const index = name.toString().slice(0, -1 - key.id.length);
    await direct.set(index, "theirs");
    expect(await failureOf(driver.write(key, record("x"), undefined, callOptions))).toMatchObject(
      misconfigured,
    );
    expect(await direct.exists(name)).toBe(0);
  });

  test("full memory is STORAGE_FULL and keeps the stored record; reading and deleting still work", async () => {
    const driver = driverAt();
    const stored = record("a".repeat(1000));
    await driver.write(key, stored, undefined, callOptions);
    await direct.config("SET", "maxmemory", "1mb");
    const full = { code: "STORAGE_FULL", effect: "none" };
    try {
      const page = { ...ALL_BY_ID, limit: 10 };
      const another = { namespace: "", id: "another" };
      expect(await failureOf(driver.write(another, record("b"), undefined, callOptions))).toMatchObject(full);
      for (const [unchanged, expiresAt] of [
        [1000, undefined],
        [1000, Date.now() + 9000],
        [0, undefined],
        [10, undefined],
      ] as const) {
        const next = record(unchanged === 10 ? "a".repeat(20) : "a".repeat(1001), { unchanged, expiresAt });
        expect(await failureOf(driver.write(key, next, stored.nonce, callOptions))).toMatchObject(full);
        expect(await driver.read(key, undefined, callOptions)).toEqual({
          version: stored.nonce,
          bytes: stored.bytes,
          nonce: stored.nonce,
        });
        expect(await direct.pttl(recordKey("threadstore", key.id))).toBe(-1);
      }
      expect((await driver.list("", page, callOptions)).records).toHaveLength(1);
      expect(await driver.delete(key, stored.nonce, callOptions)).toBe(true);
    } finally {
      await direct.config("SET", "maxmemory", "0");
    }
  });

  test("fewer replicas than min-replicas-to-write is UNAVAILABLE, and nothing is written", async () => {
    await direct.config("SET", "min-replicas-to-write", "1");
    try {
      const driver = driverAt();
      const unavailable = { code: "UNAVAILABLE", effect: "none" };
      expect(await failureOf(driver.write(key, record("x"), undefined, callOptions))).toMatchObject(
        unavailable,
      );
      expect(await textAt(driver)).toBeUndefined();
    } finally {
      await direct.config("SET", "min-replicas-to-write", "0");
    }
  });

  test("a replica is UNAVAILABLE, with or without its master, and works once it is promoted", async () => {
    const driver = driverAt();
    const stored = record("x");
    await driver.write(key, stored, undefined, callOptions);
    await direct.replicaof("127.0.0.1", 1);
    const unavailable = { code: "UNAVAILABLE", effect: "none" };
    try {
      expect(await failureOf(driver.write(key, record("y"), stored.nonce, callOptions))).toMatchObject(
        unavailable,
      );
      await direct.config("SET", "replica-serve-stale-data", "no");
      expect(await failureOf(driver.read(key, undefined, callOptions))).toMatchObject(unavailable);
    } finally {
      await direct.config("SET", "replica-serve-stale-data", "yes");
      await direct.replicaof("NO", "ONE");
    }
    const store = redisStore({ url });
    await store.save("works", {});
    await store.close();
  });

  test("an endless script of another client is UNAVAILABLE", async () => {
    await direct.config("SET", "busy-reply-threshold", "20");
    const driver = driverAt();
    await driver.read(key, undefined, callOptions);
    using blocker = directClient(url);
    const busy = blocker.eval("while true do end", 0).catch((error: unknown) => error);
    await expect.poll(() => direct.ping().catch(String)).toContain("BUSY");
    try {
      const unavailable = { code: "UNAVAILABLE", effect: "none" };
      expect(await failureOf(driver.write(key, record("x"), undefined, callOptions))).toMatchObject(
        unavailable,
      );
    } finally {
      const killer = new Redis(url, { enableReadyCheck: false, disableClientInfo: true, protocol: 2 });
      await killer.script("KILL");
      killer.disconnect();
      await busy;
      await direct.config("SET", "busy-reply-threshold", "5000");
    }
  });

  test("a script that Redis has dropped is sent again", async () => {
    const driver = driverAt();
    const first = record("a");
    await driver.write(key, first, undefined, callOptions);
    await direct.script("FLUSH");
    const second = record("b");
    expect(await driver.write(key, second, first.nonce, callOptions)).toBe(second.nonce);
    await direct.script("FLUSH");
    const rivals = Array.from({ length: 20 }, () =>
      driver.write(key, record("c"), second.nonce, callOptions),
    );
    expect((await Promise.all(rivals)).filter((each) => each !== undefined)).toHaveLength(1);
  });

  test("a transaction that the client's owner has started is not reported as a lost race", async () => {
    const client = new Redis(url);
    const driver = redisDriver({ client });
    await client.multi({ pipeline: false });
    await expect(driver.write(key, record("x"), undefined, callOptions)).rejects.toThrow("unexpected");
    await client.discard();
    client.disconnect();
  });

  test("a closed client is MISCONFIGURED", async () => {
    const client = new Redis(url, { lazyConnect: true });
    client.disconnect();
    const driver = redisDriver({ client });
    const failure = await failureOf(driver.read(key, undefined, callOptions));
    expect(failure).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
    expect(failure.message).toContain("client is closed");
  });

  test("an unknown host is UNAVAILABLE", async () => {
    const driver = driverAt("redis://no-such-host.invalid:6379");
    expect(await failureOf(driver.read(key, undefined, callOptions))).toMatchObject({
      code: "UNAVAILABLE",
      effect: "none",
    });
  });

  test("a Cluster that is unreachable, or is a single server, is UNAVAILABLE with the reason", async () => {
    for (const [port, reason] of [
      [1, "Could not connect"],
      [Number(new URL(url).port), "(ERR)"],
    ] as const) {
      const client = new Cluster([{ host: "127.0.0.1", port }], { lazyConnect: true });
      client.on("error", () => undefined);
      const driver = redisDriver({ client });
      const failure = await failureOf(driver.read(key, undefined, callOptions));
      client.disconnect();
      expect(failure).toMatchObject({ code: "UNAVAILABLE", effect: "none" });
      expect(failure.message).toContain(reason);
    }
  });

  test("a save survives a restart of the server, which is UNAVAILABLE meanwhile", async () => {
    const prefix = freshPrefix();
    const store = redisStore({ url, prefix });
    const saved = await store.save("thread", { n: 1 });
    await service.servers.redis.kill();
    await expect(store.load("thread", { timeoutMs: 200 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await service.servers.redis.restart();
    expect((await store.load("thread"))?.version).toBe(saved.version);
    await store.close();
  });
});
