import { expect, test } from "vitest";
import { sqliteDriver } from "./sqlite-store.ts";
import { options, record } from "./sqlite.test-helper.ts";

test("a page carries trailers and says whether more records follow", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  const records = [record("1", "first"), record("2", "second"), record("3", "third")];
  for (const [index, each] of records.entries()) {
    await driver.write({ namespace: "", id: String(index) }, each, undefined, options);
  }
  const [first, second, third] = records.map(({ nonce, bytes }, index) => {
    return { id: String(index), version: nonce, tail: bytes.subarray(1), nonce };
  });
  const list = (after: string | undefined, limit: number) =>
    driver.list("", { after, limit, prefix: "" }, options);
  expect(await list(undefined, 2)).toEqual({ records: [first, second], next: "1" });
  expect(await list("1", 2)).toEqual({ records: [third], next: undefined });
  expect(await list(undefined, 3)).toEqual({ records: [first, second, third], next: undefined });
  expect(await list("2", 3)).toEqual({ records: [], next: undefined });
  // The thread that the cursor names may have been deleted.
  expect(await list("00", 1)).toEqual({ records: [second], next: "1" });
  await driver.close();
});
