import { createPool as createCallbackPool } from "mysql2";
import { createPool } from "mysql2/promise";
import { expect, it } from "vitest";
import { mariadbStore } from "./mariadb-store.ts";
import type { MariadbDriverOptions } from "./options.ts";

const pool = createPool({});

it.each([
  [{}, /Either `connection` or `pool` must be set/],
  [{ pool, connection: {} }, /not both/],
  [{ pool: null }, /`pool` must be/],
  [{ pool: {} }, /`pool` must be/],
  [{ pool: createCallbackPool({}) }, /`pool` must be a pool of mysql2\/promise/],
  [{ pool, table: "" }, /`table` must be/],
  [{ pool, table: 1 }, /`table` must be/],
  [{ pool, table: "a\0b" }, /`table` must be/],
  [{ pool, table: "ends with a space " }, /`table` must be/],
  [{ pool, table: "é".repeat(65) }, /`table` must be/],
  [{ pool, durability: "none" }, /`durability` must be/],
  [{ pool, tabel: "a" }, /`tabel` is not an option/],
  [{ pool, timeoutMs: -1 }, /timeoutMs/],
])("invalid options %# throw a TypeError", (options, message) => {
  const create = () => mariadbStore(options as unknown as MariadbDriverOptions);
  expect(create).toThrow(TypeError);
  expect(create).toThrow(message);
});
