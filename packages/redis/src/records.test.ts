import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { expiryGraceMs } from "./records.ts";
import { redisDriver, redisStore } from "./redis-store.ts";
import { freshPrefix, keysOf, options, rawClient, record, recordKey, textAt } from "./tools.test-helper.ts";

await describeWithService("redis", "records", ({ url }) => {
  const raw = rawClient(url);
  afterAll(() => raw.disconnect());
  const prefix = freshPrefix();
  const driver = redisDriver({ url, prefix });
  afterAll(() => driver.close());

  async function stored(id: string): Promise<string | undefined> {
    return (await raw.getBuffer(recordKey(prefix, id)))?.toString();
  }

  test("a write replaces the end and nothing is left of what was longer", async () => {
    const at = { namespace: "", id: "ends" };
    const steps: [payload: string, unchanged: number][] = [
      ["abcdef", 0],
      ["abcXYZ123", 3],
      ["abcX", 4],
      ["abcX!", 4],
      ["Q", 0],
      ["Qé", 1],
      ["", 0],
      ["longer than ever", 0],
    ];
    let version: string | undefined;
    for (const [payload, unchanged] of steps) {
      const next = record(payload, { unchanged });
      expect(await driver.write(at, next, version, options)).toBe(next.nonce);
      version = next.nonce;
      expect(await stored("ends")).toBe(`${version}${payload}}`);
      expect(await textAt(driver, "ends")).toBe(`${payload}}`);
    }
  });

  test("a write of the version that is there already says so, and changes nothing", async () => {
    const at = { namespace: "", id: "again" };
    const first = record("a");
    const second = record("b");
    expect(await driver.write(at, first, undefined, options)).toBe(first.nonce);
    expect(await driver.write(at, first, undefined, options)).toBe(first.nonce);
    expect(await driver.write(at, second, first.nonce, options)).toBe(second.nonce);
    expect(await driver.write(at, second, first.nonce, options)).toBe(second.nonce);
    expect(await driver.write(at, first, undefined, options)).toBeUndefined();
    expect(await textAt(driver, "again")).toBe("b}");
  });

  test("bytes of every value survive, in the thread and in its id", async () => {
    const payload = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const at = { namespace: "n\0{}:\r\n", id: "\0\r\n{}[(*?😀" };
    const written = record(payload);
    await driver.write(at, written, undefined, options);
    const found = await driver.read(at, undefined, options);
    expect(found).toEqual({ version: written.nonce, bytes: Buffer.from(written.bytes) });
    const listed = await driver.list(at.namespace, { after: undefined, limit: 5 }, options);
    expect(listed.records.map(({ id }) => id)).toEqual([at.id]);
    expect(await driver.delete(at, written.nonce, options)).toBe(true);
    expect((await driver.list(at.namespace, { after: undefined, limit: 5 }, options)).records).toEqual([]);
  });

  test("a damaged version is told as one, and can be deleted and replaced by it", async () => {
    for (const damage of ["", "short", "\0".repeat(40), '"quoted", and longer than a version is']) {
      const at = { namespace: "", id: `damaged ${damage.length}` };
      await driver.write(at, record("x"), undefined, options);
      await raw.set(recordKey(prefix, at.id), damage);
      const found = await driver.read(at, undefined, options);
      const version = found?.version ?? "";
      expect(version).toMatch(/^~[0-9a-f]*$/);
      expect(await driver.read(at, version, options)).toEqual({ version, bytes: undefined });
      const page = await driver.list("", { after: at.id.slice(0, -1), limit: 1 }, options);
      expect(page.records[0]).toMatchObject({ id: at.id, version });
      expect(await driver.write(at, record("y"), undefined, options)).toBeUndefined();
      const repaired = record("z");
      expect(await driver.write(at, repaired, version, options)).toBe(repaired.nonce);
      await raw.set(recordKey(prefix, at.id), damage);
      expect(await driver.delete(at, repaired.nonce, options)).toBe(false);
      expect(await driver.delete(at, version, options)).toBe(true);
      expect(await driver.read(at, undefined, options)).toBeUndefined();
    }
  });

  test("the end of a record that was cut short behind our back is not patched", async () => {
    const at = { namespace: "", id: "cut" };
    const first = record("abcdefgh");
    await driver.write(at, first, undefined, options);
    await raw.set(recordKey(prefix, "cut"), `${first.nonce}abc`);
    const call = driver.write(at, record("abcdefgh!", { unchanged: 8 }), first.nonce, options);
    const error = await call.catch((thrown: unknown) => thrown);
    expect(driver.explain?.(error)).toMatchObject({ code: "CORRUPT", applied: "no" });
    expect(await stored("cut")).toBe(`${first.nonce}abc`);
    expect(await driver.write(at, record("new"), first.nonce, options)).toBeDefined();
  });

  test("Redis removes what has expired, a while later, whichever way it was written", async () => {
    const at = { namespace: "", id: "expiring" };
    const expiresAt = Date.now() + 5000;
    const lifetime = () => raw.pexpiretime(recordKey(prefix, at.id));
    const first = record("a", { expiresAt });
    await driver.write(at, first, undefined, options);
    expect(await lifetime()).toBe(expiresAt + expiryGraceMs);
    const second = record("ab", { unchanged: 1 });
    await driver.write(at, second, first.nonce, options);
    expect(await lifetime()).toBe(-1);
    const third = record("abc", { unchanged: 2, expiresAt: expiresAt + 1 });
    await driver.write(at, third, second.nonce, options);
    expect(await lifetime()).toBe(expiresAt + 1 + expiryGraceMs);
    const fourth = record("a", { unchanged: 1 });
    await driver.write(at, fourth, third.nonce, options);
    expect(await lifetime()).toBe(-1);
  });

  test("what Redis has removed is gone from the listing, whose entry goes too, and can be created anew", async () => {
    const namespace = "vanishing";
    const gone = Date.now() - expiryGraceMs + 80;
    await driver.write({ namespace, id: "a" }, record("a", { expiresAt: gone }), undefined, options);
    await driver.write({ namespace, id: "b" }, record("b"), undefined, options);
    const vanished = async (): Promise<boolean> =>
      (await raw.exists(recordKey(prefix, "a", namespace))) === 0;
    await expect.poll(vanished).toBe(true);
    const entries = async (): Promise<number> =>
      (await keysOf(raw, prefix)).filter((each) => /:\{vanishing:\d+\}$/.test(each.toString())).length;
    expect(await entries()).toBe(2);
    const page = await driver.list(namespace, { after: undefined, limit: 1 }, options);
    expect(page).toMatchObject({ records: [{ id: "b" }], next: undefined });
    expect(await entries()).toBe(1);
    expect(await driver.write({ namespace, id: "a" }, record("a"), undefined, options)).toBeDefined();
    expect(await entries()).toBe(2);
  });

  test("two prefixes on one server share nothing", async () => {
    await using one = redisStore({ url, prefix: freshPrefix() });
    await using two = redisStore({ url, prefix: freshPrefix() });
    await one.save("thread", { of: "one" });
    expect(await two.load("thread")).toBeUndefined();
    await two.save("thread", { of: "two" });
    expect(await two.delete("thread")).toBe(true);
    expect((await one.load("thread"))?.thread).toEqual({ of: "one" });
    expect((await two.listPage()).threads).toEqual([]);
  });

  test.each([
    ["RESP2, numbers as text", { protocol: 2, stringNumbers: true }],
    ["RESP3 shapes", { replyMapping: "resp3" }],
    ["a key prefix, which is not used", { keyPrefix: "foreign:" }],
    ["automatic pipelines", { enableAutoPipelining: true }],
    ["no offline queue", { enableOfflineQueue: false }],
    ["a connection of its own accord", { lazyConnect: false }],
  ] as const)("any client will do: %s", async (_, clientOptions) => {
    const client = new Redis(url, { lazyConnect: true, ...clientOptions });
    const own = freshPrefix();
    const store = redisStore({ client, prefix: own });
    const first = await store.save("thread", { n: 1 });
    const second = await store.save("thread", { n: 2 }, { previous: first });
    expect((await store.load("thread", { cached: second }))?.thread).toEqual({ n: 2 });
    await expect(store.save("thread", { n: 3 }, { previous: first })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    expect((await store.listPage()).threads).toHaveLength(1);
    expect(await store.delete("thread")).toBe(true);
    expect(await store.load("thread")).toBeUndefined();
    await store.close();
    // Only what the store opened is closed.
    expect(await client.ping()).toBe("PONG");
    expect(
      client.listenerCount("error") + client.listenerCount("ready") + client.listenerCount("close"),
    ).toBe(0);
    client.disconnect();
  });
});
