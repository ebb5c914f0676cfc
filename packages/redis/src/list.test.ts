import { ALL_BY_ID } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, expect, test } from "vitest";
import { EXPIRY_GRACE_MS } from "./records.ts";
import { redisDriver } from "./redis-store.ts";
import { callOptions, directClient, freshPrefix, keysOf, record, recordKey } from "./redis.test-helper.ts";

await describeWithService("redis", "listing", ({ url }) => {
  const direct = directClient(url);
  afterAll(() => direct.disconnect());
  const prefix = freshPrefix();
  const driver = redisDriver({ url, prefix });
  afterAll(() => driver.close());

  test("skips a record that Redis has deleted, removes its index entry, and lists it once it is created again", async () => {
    const namespace = "vanishing";
    const expiresAt = Date.now() - EXPIRY_GRACE_MS + 80;
    await driver.write({ namespace, id: "a" }, record("a", { expiresAt }), undefined, callOptions);
    await driver.write({ namespace, id: "b" }, record("b"), undefined, callOptions);
    const isDeleted = async (): Promise<boolean> =>
      (await direct.exists(recordKey(prefix, "a", namespace))) === 0;
    await expect.poll(isDeleted).toBe(true);
    const countIndexes = async (): Promise<number> =>
      (await keysOf(direct, prefix)).filter((each) => /:\{vanishing:\d+\}$/.test(each.toString())).length;
    expect(await countIndexes()).toBe(2);
    const page = await driver.list(namespace, { ...ALL_BY_ID, limit: 1 }, callOptions);
    expect(page).toMatchObject({ records: [{ id: "b" }], next: undefined });
    expect(await countIndexes()).toBe(1);
    expect(await driver.write({ namespace, id: "a" }, record("a"), undefined, callOptions)).toBeDefined();
    expect(await countIndexes()).toBe(2);
  });
});
