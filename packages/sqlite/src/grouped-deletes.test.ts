import { setImmediate } from "node:timers/promises";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { driverErrorFrom, openDriver, options, record, textOf } from "./sqlite.test-helper.ts";

const keyOf = (id: string): { namespace: string; id: string } => ({ namespace: "", id });

describe("deletes of the same turn of the event loop", () => {
  it("each have their own result", async () => {
    const driver = openDriver({ path: ":memory:" });
    const saved = record("a");
    await driver.write(keyOf("a"), saved, undefined, options);
    const kept = record("b");
    await driver.write(keyOf("b"), kept, undefined, options);
    const results = await Promise.all([
      driver.delete(keyOf("a"), saved.nonce, options),
      driver.delete(keyOf("a"), saved.nonce, options),
      driver.delete(keyOf("b"), saved.nonce, options),
      driver.delete(keyOf("missing"), saved.nonce, options),
    ]);
    expect(results).toEqual([true, false, false, false]);
    expect(await textOf(driver, "b")).toBe("b}");
    await driver.close();
  });

  it("do not run if they are aborted before", async () => {
    const driver = openDriver({ path: ":memory:" });
    const [aborted, deleted] = [record("a"), record("b")];
    await driver.write(keyOf("a"), aborted, undefined, options);
    await driver.write(keyOf("b"), deleted, undefined, options);
    const controller = new AbortController();
    const results = Promise.allSettled([
      driver.delete(keyOf("a"), aborted.nonce, { signal: controller.signal }),
      driver.delete(keyOf("b"), deleted.nonce, options),
    ]);
    const reason = new Error("stopped");
    controller.abort(reason);
    expect(await results).toMatchObject([{ status: "rejected", reason }, { value: true }]);
    expect(await textOf(driver, "a")).toBe("a}");
    await driver.close();
  });

  it("are rolled back together if the transaction fails, and core can repeat each", async () => {
    const database = new Sqlite(":memory:");
    const driver = openDriver({ database });
    const records = ["a", "b", "c"].map((id) => [id, record(id)] as const);
    for (const [id, each] of records) await driver.write(keyOf(id), each, undefined, options);
    database.exec(`CREATE TEMP TRIGGER full BEFORE DELETE ON threadstore_threads WHEN old.id = CAST('c' AS BLOB)
      BEGIN SELECT RAISE(ABORT, 'failure'); END`);
    const failures = await Promise.all(
      records.map(([id, { nonce }]) => driverErrorFrom(driver.delete(keyOf(id), nonce, options))),
    );
    expect(failures.map(({ code }) => code)).toEqual(["BACKEND_ERROR", "BACKEND_ERROR", "BACKEND_ERROR"]);
    for (const [id] of records) expect(await textOf(driver, id)).toBe(`${id}}`);
    database.exec("DROP TRIGGER full");
    const deleted = records.map(([id, { nonce }]) => driver.delete(keyOf(id), nonce, options));
    expect(await Promise.all(deleted)).toEqual([true, true, true]);
    await driver.close();
  });

  it("of more than a hundred records leave the event loop to others in between", async () => {
    const database = new Sqlite(":memory:");
    const driver = openDriver({ database });
    const records = Array.from({ length: 250 }, (_, n) => [String(n), record("x")] as const);
    for (const [id, each] of records) await driver.write(keyOf(id), each, undefined, options);
    const count = database.prepare("SELECT count(*) FROM threadstore_threads").pluck();
    const deleting = Promise.all(records.map(([id, { nonce }]) => driver.delete(keyOf(id), nonce, options)));
    const remaining: unknown[] = [];
    while (remaining.at(-1) !== 0) {
      await setImmediate();
      remaining.push(count.get());
    }
    expect(remaining).toEqual([150, 50, 0]);
    expect((await deleting).every(Boolean)).toBe(true);
    await driver.close();
  });
});
