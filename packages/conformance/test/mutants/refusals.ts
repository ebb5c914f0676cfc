import type { ThreadDriver } from "@threadstore/core/driver";
import { failedStatusOf, keyValueDriver, pathOf } from "../stores/key-value/key-value-driver.ts";
import type { Mutant } from "./mutant.ts";
import { changedError, driverMutant, replacingErrors } from "./network-mutant.ts";

/** A driver that misinterprets the responses with some statuses. */
function misinterpreting(
  isMeant: (status: number) => boolean,
  changes: Parameters<typeof changedError>[1],
): (inner: ThreadDriver) => ThreadDriver {
  return (inner) =>
    replacingErrors(inner, (error) =>
      isMeant(failedStatusOf(error)) ? changedError(error, changes) : error,
    );
}

/** Takes some answers for a result. */
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
  driverMutant("denied is nothing", "takes a refused load for nothing there", ["E1-5"], (inner) => ({
    ...inner,
    read: (...parameters) => unless(isDenied, () => inner.read(...parameters), undefined),
  })),
  driverMutant("denied is empty", "takes a refused listing for an empty one", ["E1-5", "E1-6"], (inner) => ({
    ...inner,
    list: (...parameters) => unless(isDenied, () => inner.list(...parameters), noRecords),
  })),
  driverMutant(
    "hopes for permission",
    "tries again what it is not permitted to do",
    ["E1-5"],
    misinterpreting(isDenied, { code: "UNAVAILABLE" }),
  ),
  driverMutant("denied is deleted", "takes a refused delete for done", ["E1-6"], (inner) => ({
    ...inner,
    delete: (...parameters) => unless(isDenied, () => inner.delete(...parameters), true),
  })),
  driverMutant(
    "leaves out",
    "leaves out of a listing what it may not read",
    ["E1-6"],
    (inner, client, place) => ({
      ...inner,
      async list(namespace, page, options) {
        const { records, next } = await inner.list(namespace, page, options);
        const kept = [];
        for (const record of records) {
          const path = pathOf(place, { namespace, id: record.id });
          const { status } = await client.send("GET", path, options);
          if (status === 200) kept.push(record);
        }
        return { records: kept, next };
      },
    }),
  ),
  driverMutant(
    "full is busy",
    "takes a full server for a busy one",
    ["F1-5"],
    misinterpreting((status) => status === 507, { code: "UNAVAILABLE", effect: "unknown" }),
  ),
  driverMutant(
    "any refusal is nothing",
    "takes every status above 400 for nothing there",
    ["E1-7"],
    (inner) => ({
      ...inner,
      read: (...parameters) => unless(isRequestsFault, () => inner.read(...parameters), undefined),
    }),
  ),
  driverMutant(
    "any page is a listing",
    "takes a page that is no listing for an empty one",
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
    "any refusal is deleted",
    "takes every refused delete for done",
    ["E1-6", "E1-7"],
    (inner) => ({
      ...inner,
      delete: (...parameters) => unless(isRequestsFault, () => inner.delete(...parameters), true),
    }),
  ),
  driverMutant(
    "a missing place is nothing",
    "takes a place that is not there for one with nothing in it",
    ["E1-2"],
    (inner) => ({
      ...inner,
      read: (...parameters) => unless(isNotThere, () => inner.read(...parameters), undefined),
      list: (...parameters) => unless(isNotThere, () => inner.list(...parameters), noRecords),
    }),
  ),
  driverMutant(
    "another place instead",
    "goes on in another place when its own is not there",
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
    "failed is not done",
    "takes a change that a gateway answers with a failure for not made",
    ["C6-9"],
    misinterpreting(isServersFault, { effect: "none" }),
  ),
  driverMutant(
    "failed for good",
    "does not try again what a server failed to do in passing",
    ["F5-3", "F5-4"],
    misinterpreting(isServersFault, { code: "BACKEND_ERROR" }),
  ),
  driverMutant(
    "impatience",
    "does not wait as long as it is asked to",
    ["F5-3"],
    misinterpreting(() => true, { retryAfterMs: undefined }),
  ),
  driverMutant("hammering", "asks a busy server again and again", ["F5-4"], (inner) => ({
    ...inner,
    async read(key, known, options) {
      for (;;) {
        try {
          return await inner.read(key, known, options);
        } catch (error) {
          if (failedStatusOf(error) < 429 || options.signal.aborted) throw error;
        }
      }
    },
  })),
];
