import { DriverError } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, expect, test } from "vitest";
import { sqlStateOf } from "./errors.ts";
import { postgresDriver } from "./postgres-store.ts";
import {
  callOptions,
  directConnection,
  dropTables,
  freshPrefix,
  key,
  record,
} from "./postgres.test-helper.ts";
import { CHUNK_BYTES } from "./schema.ts";

const CLIENTS = 12;
const ROUNDS = 25;

function isSerializationFailure(error: unknown): boolean {
  return DriverError.is(error) && error.effect === "none" && sqlStateOf(error.cause) === "40001";
}

await describeWithService(
  "pgbouncer",
  "writes of several clients with one expected version",
  ({ url, directUrl }) => {
    const { direct, end } = directConnection(directUrl);
    afterAll(end);

    test.each([
      ["on a server", directUrl, undefined],
      ["through PgBouncer", url, undefined],
      ["with transactions that are serializable by default", directUrl, "serializable"],
    ])(
      "%s have one winner, whose chunks are all stored and none else",
      async (_, connectionString, isolation) => {
        const tablePrefix = freshPrefix();
        const options = isolation && { options: `-c default_transaction_isolation=${isolation}` };
        const drivers = Array.from({ length: CLIENTS }, () =>
          postgresDriver({ connection: { connectionString, max: 1, ...options }, tablePrefix }),
        );
        let version: string | undefined;
        for (let round = 0; round < ROUNDS; round += 1) {
          // Each client writes another number of chunks, filled with a letter of its own.
          const records = drivers.map((_driver, index) => {
            const letter = String.fromCharCode(97 + index);
            return record(letter.repeat((((index * 7 + round) % 5) * CHUNK_BYTES) / 2 + 1));
          });
          const outcomes = await Promise.allSettled(
            drivers.map((driver, index) =>
              driver.write(key, records[index] ?? record(""), version, callOptions),
            ),
          );
          const failures = outcomes.flatMap((outcome) =>
            outcome.status === "rejected" ? [outcome.reason] : [],
          );
          expect(
            failures.filter((error) => isolation === undefined || !isSerializationFailure(error)),
          ).toEqual([]);
          const winners = outcomes.flatMap((outcome) =>
            outcome.status === "fulfilled" && outcome.value !== undefined ? [outcome.value] : [],
          );
          expect(winners).toHaveLength(1);
          [version] = winners;
          const written = records.find(({ nonce }) => nonce === version);
          const stored = await drivers[round % CLIENTS]?.read(key, undefined, callOptions);
          expect(stored).toMatchObject({ version, bytes: written?.bytes });
        }
        await Promise.all(drivers.map((driver) => driver.close()));
        await dropTables(direct, tablePrefix);
      },
    );

    test("never leave chunks behind when threads are created, replaced and deleted at the same time", async () => {
      const tablePrefix = freshPrefix();
      const drivers = [postgresDriver({ url: directUrl, tablePrefix }), postgresDriver({ url, tablePrefix })];
      await Promise.all(
        Array.from({ length: 8 }, async (_each, index) => {
          const driver = drivers[index % 2];
          for (let step = 0; step < 25; step += 1) {
            const current = await driver?.read(key, undefined, callOptions);
            if (current !== undefined && (index + step) % 3 === 0)
              await driver?.delete(key, current.version, callOptions);
            else
              await driver?.write(key, record("x".repeat(1000 * (step % 7))), current?.version, callOptions);
          }
        }),
      );
      const last = await drivers[0]?.read(key, undefined, callOptions);
      if (last !== undefined) await drivers[0]?.delete(key, last.version, callOptions);
      expect(await direct(`SELECT * FROM ${tablePrefix}chunks`)).toEqual([]);
      await Promise.all(drivers.map((driver) => driver.close()));
      await dropTables(direct, tablePrefix);
    });
  },
);
