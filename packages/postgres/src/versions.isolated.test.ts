import { createRequire } from "node:module";
import { describeWithService } from "@threadstore/services/vitest";
import pg from "pg";
import { describe, expect, test, vi } from "vitest";
import { freshPrefix } from "./postgres.test-helper.ts";

const require = createRequire(import.meta.url);
const required = require("pg") as typeof pg;
const oldest = require("pg-8.11") as typeof pg;

/** Imports this package as it is with this version of pg. */
async function loadWith(version: typeof pg): Promise<typeof import("./index.ts")> {
  vi.resetModules();
  vi.doMock("pg", () => ({ ...version, default: version }));
  return import("./index.ts");
}

// The oldest version that the peer range allows. The other tests run with the newest one.
const COMBINATIONS = [
  ["pg, required", pg, required],
  ["pg 8.11", oldest, oldest],
  ["pg 8.11 beside an installed newer version", pg, oldest],
] as const;

describe.each(COMBINATIONS)("a pool of %s", (_name, installed, { Pool }) => {
  test("has a code for a refused connection", async () => {
    const { postgresStore } = await loadWith(installed);
    const pool = new Pool({ host: "127.0.0.1", port: 1 });
    await using store = postgresStore({ client: pool, maxRetries: 0 });
    await expect(store.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    await pool.end();
  });
});

await describeWithService("postgres", "pg", ({ url }) => {
  describe.each(COMBINATIONS)("a pool of %s", (_name, installed, { Pool }) => {
    test("is used by a store, and stays open", async () => {
      const { postgresStore } = await loadWith(installed);
      const pool = new Pool({ connectionString: url, max: 2 });
      const names = { tablePrefix: freshPrefix() };
      const store = postgresStore({ client: pool, ...names });
      const first = await store.save("thread", { messages: [1] });
      await store.append("thread", [2]);
      expect((await store.load("thread"))?.thread).toEqual({ messages: [1, 2] });
      await expect(store.save("thread", {}, { previous: first })).rejects.toMatchObject({ code: "CONFLICT" });
      expect((await store.listPage({ order: "updated" })).threads).toHaveLength(1);
      expect(await store.delete("thread")).toBe(true);
      await store.close();
      const missing = postgresStore({ client: pool, tablePrefix: freshPrefix(), createTables: false });
      await expect(missing.load("thread")).rejects.toMatchObject({ code: "MISCONFIGURED" });
      await pool.end();
    });
  });
});
