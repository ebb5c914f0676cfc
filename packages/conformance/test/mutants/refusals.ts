import type { AsyncThreadDriver, ThreadDriver } from "@threadstore/core/driver";
import { failedStatusOf, keyValueDriver, pathOf } from "../stores/key-value/key-value-driver.ts";
import type { Mutant } from "./mutant.ts";
import { changedError, driverMutant, replacingErrors } from "./network-mutant.ts";

/** Returns a driver that misinterprets the responses with some statuses. */
function misinterpreting(
  isMeant: (status: number) => boolean,
  changes: Parameters<typeof changedError>[1],
): (inner: AsyncThreadDriver) => ThreadDriver {
  return (inner) =>
    replacingErrors(inner, (error) =>
      isMeant(failedStatusOf(error)) ? changedError(error, changes) : error,
    );
}

/** Treats some responses as a result. */
function unless<T>(isMeant: (status: number) => boolean, call: () => Promise<T>, result: T): Promise<T> {
  return call().catch((error: unknown) => {
    if (isMeant(failedStatusOf(error))) return result;
    throw error;
  });
}

const isDenied = (status: number): boolean => status === 401 || status === 403;
const isNotThere = (status: number): boolean => status === 404;
const isRequestsFault = (status: number): boolean => status >= 400 && status < 500;
const isServersFault = (status: number): boolean => status >= 500 && status !== 507;
const noRecords = { records: [], next: undefined };

export const refusalMutants: readonly Mutant[] = [
  driverMutant("denied means missing", "treats a denied load as a missing thread", ["E1-5"], (inner) => ({
    ...inner,
    read: (...parameters) => unless(isDenied, () => inner.read(...parameters), undefined),
  })),
  driverMutant(
    "denied means empty",
    "treats a denied listing as an empty one",
    ["E1-5", "E1-6"],
    (inner) => ({
      ...inner,
      list: (...parameters) => unless(isDenied, () => inner.list(...parameters), noRecords),
    }),
  ),
  driverMutant(
    "denied retried",
    "retries calls that it has no permission for",
    ["E1-5"],
    misinterpreting(isDenied, { code: "UNAVAILABLE" }),
  ),
  driverMutant("denied means deleted", "treats a denied delete as done", ["E1-6"], (inner) => ({
    ...inner,
    delete: (...parameters) => unless(isDenied, () => inner.delete(...parameters), true),
  })),
  driverMutant(
    "denied threads omitted",
    "omits records from a listing that it has no permission to read",
    ["E1-6"],
    (inner, client, location) => ({
      ...inner,
      async list(namespace, page, options) {
        const { records, next } = await inner.list(namespace, page, options);
        const readable = [];
        for (const record of records) {
          const path = pathOf(location, { namespace, id: record.id });
          const { status } = await client.send("GET", path, options);
          if (status === 200) readable.push(record);
        }
        return { records: readable, next };
      },
    }),
  ),
  driverMutant(
    "full means busy",
    "treats a full server as busy",
    ["F1-5"],
    misinterpreting((status) => status === 507, { code: "UNAVAILABLE", effect: "unknown" }),
  ),
  driverMutant(
    "any error means missing",
    "treats every status above 400 as a missing thread",
    ["E1-7"],
    (inner) => ({
      ...inner,
      read: (...parameters) => unless(isRequestsFault, () => inner.read(...parameters), undefined),
    }),
  ),
  driverMutant(
    "any page means empty",
    "treats a page that is not a listing as an empty one",
    ["E1-7"],
    (inner) => ({
      ...inner,
      async list(...parameters) {
        try {
          return await inner.list(...parameters);
        } catch (error) {
          if (error instanceof SyntaxError) return noRecords;
          throw error;
        }
      },
    }),
  ),
  driverMutant(
    "any error means deleted",
    "treats every failed delete as done",
    ["E1-6", "E1-7"],
    (inner) => ({
      ...inner,
      delete: (...parameters) => unless(isRequestsFault, () => inner.delete(...parameters), true),
    }),
  ),
  driverMutant(
    "missing location means empty",
    "treats a missing location as an empty one",
    ["E1-2"],
    (inner) => ({
      ...inner,
      read: (...parameters) => unless(isNotThere, () => inner.read(...parameters), undefined),
      list: (...parameters) => unless(isNotThere, () => inner.list(...parameters), noRecords),
    }),
  ),
  driverMutant(
    "another location",
    "continues in another location if its own is missing",
    ["E1-2"],
    (inner, client) => {
      const other = keyValueDriver(client, "default");
      let isMissing = false;
      const read: ThreadDriver["read"] = async (...parameters) => {
        if (isMissing) return other.read(...parameters);
        try {
          return await inner.read(...parameters);
        } catch (error) {
          isMissing = failedStatusOf(error) === 404;
          throw error;
        }
      };
      return { ...inner, read };
    },
  ),
  driverMutant(
    "failed means not applied",
    "treats a write that a gateway answers with an error as not applied",
    ["C6-9"],
    misinterpreting(isServersFault, { effect: "none" }),
  ),
  driverMutant(
    "no retries of server errors",
    "does not retry transient server errors",
    ["F5-3", "F5-4"],
    misinterpreting(isServersFault, { code: "BACKEND_ERROR" }),
  ),
  driverMutant(
    "early retry",
    "retries sooner than the server asked for",
    ["F5-3"],
    misinterpreting(() => true, { retryAfterMs: undefined }),
  ),
  driverMutant("hammering", "retries a busy server without backing off", ["F5-4"], (inner) => ({
    ...inner,
    async read(key, cachedVersion, options) {
      for (;;) {
        try {
          return await inner.read(key, cachedVersion, options);
        } catch (error) {
          if (failedStatusOf(error) < 429 || options.signal.aborted) throw error;
        }
      }
    },
  })),
];
