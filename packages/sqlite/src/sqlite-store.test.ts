import { createThreadStore } from "@threadstore/core";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { chunkSize } from "./records.ts";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./tools.test-helper.ts";

test("a turn at the end of a long thread writes only its end", async () => {
  const database = new Sqlite(":memory:");
  const store = sqliteStore({ database });
  const messages = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(1600)}`);
  let saved = await store.save("thread", { messages });
  database.exec(`
    CREATE TEMP TABLE written (sequence INTEGER);
    CREATE TEMP TRIGGER a AFTER INSERT ON threadstore_chunks BEGIN INSERT INTO written VALUES (new.sequence); END;
    CREATE TEMP TRIGGER b AFTER UPDATE ON threadstore_chunks BEGIN INSERT INTO written VALUES (new.sequence); END;
  `);
  const last = Math.floor(saved.size / chunkSize);
  saved = await store.save("thread", { messages: [...messages, "y"] }, { previous: saved });
  expect(database.prepare("SELECT sequence FROM written").pluck().all()).toEqual([last]);
  expect((await store.load("thread"))?.json).toBe(saved.json);
  await store.close();
});

test("a lock that is released in time is no failure", async () => {
  using folder = temporaryFolder();
  const driver = sqliteDriver({ path: folder.file(), busyTimeoutMs: 0 });
  const refused = Promise.withResolvers<void>();
  const store = createThreadStore({
    ...driver,
    explain(error) {
      refused.resolve();
      return driver.explain?.(error);
    },
  });
  await store.save("thread", { n: 1 }, { overwrite: true });
  const other = new Sqlite(folder.file());
  other.exec("BEGIN IMMEDIATE");
  const saving = store.save("thread", { n: 2 }, { overwrite: true });
  await refused.promise;
  other.exec("COMMIT");
  other.close();
  expect((await saving).thread).toEqual({ n: 2 });
  await store.close();
});
