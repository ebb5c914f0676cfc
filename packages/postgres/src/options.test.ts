import { Client, Pool } from "pg";
import { expect, test } from "vitest";
import { postgresDriver, postgresStore } from "./postgres-store.ts";
import { postgresMigrations } from "./schema.ts";

type Options = Parameters<typeof postgresStore>[0];

/** Returns the message of the `TypeError` that the options cause. */
function messageFor(options: unknown): string {
  try {
    postgresStore(options as Options);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
  throw new Error("The options were accepted.");
}

const url = "postgres://localhost/threads";
const client = new Pool();

test.each([
  [{}, /Exactly one of `url`, `connection` and `client` must be set/],
  [{ url, client }, /Exactly one of/],
  [{ url, connection: {} }, /Exactly one of/],
  [{ connection: "localhost" }, /`connection` must be an object/],
  [{ connection: null }, /`connection` must be an object/],
  [{ client: null }, /`client` must be a `Pool` of pg, or/],
  [{ client: {} }, /`client` must be a `Pool` of pg, or/],
  [{ client: new Client() }, /not a single `Client`/],
  [{ url, createTables: "yes" }, /`createTables` must be a boolean/],
  [{ url, prepare: "no" }, /`prepare` must be a boolean/],
  [{ url, synchronousCommit: "off" }, /`synchronousCommit` must be/],
  [{ url, timeoutMs: -1 }, /`timeoutMs` must be/],
])("the options %# throw a TypeError", (options, message) => {
  expect(messageFor(options)).toMatch(message);
});

test.each(["", "localhost", "http://localhost", "postgres://[", "postgres://:s3cret@host:port", 5432])(
  "the URL %j throws a TypeError that does not repeat it",
  (invalid) => {
    const message = messageFor({ url: invalid });
    expect(message).toMatch(/`url` must be a valid URL that begins with postgres:/);
    expect(message).not.toContain("s3cret");
    const inConnection = messageFor({ connection: { connectionString: invalid } });
    expect(inConnection).toMatch(/`connection.connectionString` must be a valid URL/);
  },
);

test("unknown options throw a TypeError that names them", () => {
  expect(messageFor({ url, prefix: "a" })).toMatch(/^`prefix` is not an option/);
  expect(() => postgresDriver({ url, timeoutMs: 5 } as Options)).toThrow(/^`timeoutMs` is not an option/);
});

test.each(["", "1st", "a b", "a'b", 'a"b', "a$b", "a\\b", "a\0b", "a.b", "é".repeat(32), 7, null])(
  "the name %j throws a TypeError",
  (name) => {
    expect(messageFor({ url, tablePrefix: name })).toMatch(/`tablePrefix` must consist of/);
    expect(messageFor({ url, schema: name })).toMatch(/`schema` must consist of/);
    expect(() => postgresMigrations({ schema: name as string })).toThrow(TypeError);
  },
);

test("creating and closing a driver does not use the network", async () => {
  await postgresDriver({ url: "postgres://127.0.0.1:1/threads" }).close();
  const driver = postgresDriver({ client });
  await driver.close();
  expect([client.totalCount, client.ended]).toEqual([0, false]);
});
