import { ALL_BY_ID } from "@threadstore/core/driver";
import { expect, test } from "vitest";
import { sqliteDriver } from "./sqlite-store.ts";
import { options, record } from "./sqlite.test-helper.ts";

test("a page carries trailers, after the content in the row, and says whether more records follow", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  const records = [record("1", "first"), record("2", "second"), record("3", "third")];
  for (const [index, each] of records.entries()) {
    await driver.write({ namespace: "", id: String(index) }, each, undefined, options);
  }
  const [first, second, third] = records.map(({ nonce, bytes }, index) => {
    return { id: String(index), version: nonce, tail: Buffer.from(bytes), nonce };
  });
  const list = (after: string | undefined, limit: number) =>
    driver.list("", { ...ALL_BY_ID, after, limit }, options);
  expect(await list(undefined, 2)).toEqual({ records: [first, second], next: "1" });
  expect(await list("1", 2)).toEqual({ records: [third], next: undefined });
  expect(await list(undefined, 3)).toEqual({ records: [first, second, third], next: undefined });
  expect(await list("2", 3)).toEqual({ records: [], next: undefined });
  // The thread that the cursor names may have been deleted.
  expect(await list("00", 1)).toEqual({ records: [second], next: "1" });
  await driver.close();
});

test("a page by recency continues after a position, among records of the same time", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  for (const [id, updatedAt] of Object.entries({ b: 2, a: 2, c: 2, d: 1, e: 3 })) {
    await driver.write({ namespace: "", id }, { ...record("x"), updatedAt }, undefined, options);
  }
  const list = async (after: string | undefined, limit: number, prefix = ""): Promise<unknown[]> => {
    const page = { ...ALL_BY_ID, order: "updated", after, limit, prefix } as const;
    const { records, next } = await driver.list("", page, options);
    return [...records.map(({ id }) => id), next];
  };
  expect(await list(undefined, 2)).toEqual(["e", "a", "2 a"]);
  expect(await list("2 a", 2)).toEqual(["b", "c", "2 c"]);
  expect(await list("2 c", 2)).toEqual(["d", undefined]);
  expect(await list("2 aa", 1, "c")).toEqual(["c", undefined]);
  await expect(list("forged", 1)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await driver.close();
});
