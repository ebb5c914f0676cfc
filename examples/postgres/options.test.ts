import { Pool } from "pg";
import { expect, it } from "vitest";
import type { PostgresDriverOptions } from "./options.ts";
import { postgresStore } from "./postgres-store.ts";

const pool = new Pool();

it.each([
  [{}, /Either `connection` or `pool` must be set/],
  [{ pool, connection: {} }, /not both/],
  [{ pool: null }, /`pool` must be/],
  [{ pool: {} }, /`pool` must be/],
  [{ pool, table: "" }, /`table` must be/],
  [{ pool, table: 1 }, /`table` must be/],
  [{ pool, table: "a\0b" }, /`table` must be/],
  [{ pool, table: "é".repeat(32) }, /`table` must be/],
  [{ pool, timeoutMs: -1 }, /timeoutMs/],
])("invalid options %# throw a TypeError", (options, message) => {
  const create = () => postgresStore(options as unknown as PostgresDriverOptions);
  expect(create).toThrow(TypeError);
  expect(create).toThrow(message);
});
