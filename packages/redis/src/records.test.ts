import { ALL_BY_ID } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, expect, test } from "vitest";
import { EXPIRY_GRACE_MS } from "./records.ts";
import { redisDriver, redisStore } from "./redis-store.ts";
import {
  callOptions,
  directClient,
  failureOf,
  freshPrefix,
  record,
  recordKey,
  textAt,
} from "./redis.test-helper.ts";

await describeWithService("redis", "records", ({ url }) => {
  const direct = directClient(url);
  afterAll(() => direct.disconnect());
  const prefix = freshPrefix();
  const driver = redisDriver({ url, prefix });
  afterAll(() => driver.close());

  async function stored(id: string): Promise<string | undefined> {
    return (await direct.getBuffer(recordKey(prefix, id)))?.toString();
  }

  test("a write replaces the changed end and leaves nothing of a longer record", async () => {
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
      expect(await driver.write(at, next, version, callOptions)).toBe(next.nonce);
      version = next.nonce;
      expect(await stored("ends")).toBe(`${version}${payload}}`);
      expect(await textAt(driver, "ends")).toBe(`${payload}}`);
    }
  });

  test("a write of the stored version succeeds without changing anything", async () => {
    const at = { namespace: "", id: "again" };
    const first = record("a");
    const second = record("b");
    expect(await driver.write(at, first, undefined, callOptions)).toBe(first.nonce);
    expect(await driver.write(at, first, undefined, callOptions)).toBe(first.nonce);
    expect(await driver.write(at, second, first.nonce, callOptions)).toBe(second.nonce);
    expect(await driver.write(at, second, first.nonce, callOptions)).toBe(second.nonce);
    expect(await driver.write(at, first, undefined, callOptions)).toBeUndefined();
    expect(await textAt(driver, "again")).toBe("b}");
  });

  test("any byte in a record and any character in an id is preserved", async () => {
    const payload = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const at = { namespace: "n\0{}:\r\n", id: "\0\r\n{}[(*?😀" };
    const written = record(payload);
    await driver.write(at, written, undefined, callOptions);
    const storedRecord = await driver.read(at, undefined, callOptions);
    expect(storedRecord).toEqual({
      version: written.nonce,
      nonce: written.nonce,
      bytes: Buffer.from(written.bytes),
    });
    const listed = await driver.list(at.namespace, { ...ALL_BY_ID, limit: 5 }, callOptions);
    expect(listed.records.map(({ id }) => id)).toEqual([at.id]);
    expect(await driver.delete(at, written.nonce, callOptions)).toBe(true);
    expect((await driver.list(at.namespace, { ...ALL_BY_ID, limit: 5 }, callOptions)).records).toEqual([]);
  });

  test("a corrupt version is encoded, and the record can be replaced and deleted by it", async () => {
    for (const corruption of ["", "short", "\0".repeat(40), '"quoted", and longer than a version is']) {
      const at = { namespace: "", id: `corrupt ${corruption.length}` };
      await driver.write(at, record("x"), undefined, callOptions);
      await direct.set(recordKey(prefix, at.id), corruption);
      const storedRecord = await driver.read(at, undefined, callOptions);
      const version = storedRecord?.version ?? "";
      expect(version).toMatch(/^~[0-9a-f]*$/);
      expect(await driver.read(at, version, callOptions)).toEqual({ version, bytes: undefined });
      const page = await driver.list("", { ...ALL_BY_ID, after: at.id.slice(0, -1), limit: 1 }, callOptions);
      expect(page.records[0]).toMatchObject({ id: at.id, version });
      expect(await driver.write(at, record("y"), undefined, callOptions)).toBeUndefined();
      const repaired = record("z");
      expect(await driver.write(at, repaired, version, callOptions)).toBe(repaired.nonce);
      await direct.set(recordKey(prefix, at.id), corruption);
      expect(await driver.delete(at, repaired.nonce, callOptions)).toBe(false);
      expect(await driver.delete(at, version, callOptions)).toBe(true);
      expect(await driver.read(at, undefined, callOptions)).toBeUndefined();
    }
  });

  test("a record that was truncated outside the store is CORRUPT and is not patched", async () => {
    const at = { namespace: "", id: "truncated" };
    const first = record("abcdefgh");
    await driver.write(at, first, undefined, callOptions);
    await direct.set(recordKey(prefix, "truncated"), `${first.nonce}abc`);
    const call = driver.write(at, record("abcdefgh!", { unchanged: 8 }), first.nonce, callOptions);
    expect(await failureOf(call)).toMatchObject({ code: "CORRUPT", effect: "none" });
    expect(await stored("truncated")).toBe(`${first.nonce}abc`);
    expect(await driver.write(at, record("new"), first.nonce, callOptions)).toBeDefined();
  });

  test("Redis deletes an expired record after a grace period, whether it was created, replaced or patched", async () => {
    const at = { namespace: "", id: "expiring" };
    const expiresAt = Date.now() + 5000;
    const lifetime = () => direct.pexpiretime(recordKey(prefix, at.id));
    const first = record("a", { expiresAt });
    await driver.write(at, first, undefined, callOptions);
    expect(await lifetime()).toBe(expiresAt + EXPIRY_GRACE_MS);
    const second = record("ab", { unchanged: 1 });
    await driver.write(at, second, first.nonce, callOptions);
    expect(await lifetime()).toBe(-1);
    const third = record("abc", { unchanged: 2, expiresAt: expiresAt + 1 });
    await driver.write(at, third, second.nonce, callOptions);
    expect(await lifetime()).toBe(expiresAt + 1 + EXPIRY_GRACE_MS);
    const fourth = record("a", { unchanged: 1 });
    await driver.write(at, fourth, third.nonce, callOptions);
    expect(await lifetime()).toBe(-1);
  });

  test("stores with different prefixes share nothing", async () => {
    await using one = redisStore({ url, prefix: freshPrefix() });
    await using two = redisStore({ url, prefix: freshPrefix() });
    await one.save("thread", { of: "one" });
    expect(await two.load("thread")).toBeUndefined();
    await two.save("thread", { of: "two" });
    expect(await two.delete("thread")).toBe(true);
    expect((await one.load("thread"))?.thread).toEqual({ of: "one" });
    expect((await two.listPage()).threads).toEqual([]);
  });
});
