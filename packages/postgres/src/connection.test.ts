import { Pool } from "pg";
import { afterEach, expect, test, vi } from "vitest";
import { locationOf } from "./connection.ts";

afterEach(() => vi.unstubAllEnvs());

const connectionString = "postgres://user:s3cret@db.example:6432/thread%20s?sslmode=require&password=s3cret";

test("messages name the server and the database, and neither the user nor the password", () => {
  const location = "The server is db.example:6432, the database thread%20s.";
  expect(locationOf({ connection: { connectionString, host: "ignored", port: 1 } })).toBe(location);
  expect(locationOf({ pool: new Pool({ connectionString }) })).toBe(location);
  const settings = { host: "db.example", database: "threads", user: "user", password: "s3cret" };
  expect(locationOf({ connection: settings })).toBe("The server is db.example:5432, the database threads.");
});

test("messages name what the environment sets, or the default", () => {
  vi.stubEnv("PGHOST", undefined);
  vi.stubEnv("PGPORT", undefined);
  vi.stubEnv("PGDATABASE", undefined);
  expect(locationOf({ connection: {} })).toBe("The server is localhost:5432.");
  vi.stubEnv("PGHOST", "/run/postgresql");
  vi.stubEnv("PGPORT", "5433");
  vi.stubEnv("PGDATABASE", "threads");
  expect(locationOf({ connection: { connectionString: "postgres://" } })).toBe(
    "The server is /run/postgresql:5433, the database threads.",
  );
});

test("messages of an embedded database say so", () => {
  expect(locationOf({ database: { query: async () => ({ rows: [] }) } })).toBe("The database is embedded.");
});
