import type { MaybePromise } from "./runtime/maybe-promise.ts";
import type { ThreadDriver } from "./thread-driver.ts";

/** A driver whose methods return promises. */
export type AsyncThreadDriver = {
  readonly [Member in keyof ThreadDriver]: ThreadDriver[Member] extends (
    ...parameters: infer Parameters
  ) => MaybePromise<infer Result>
    ? (...parameters: Parameters) => Promise<Result>
    : ThreadDriver[Member];
};

/** Returns a driver that does the same and whose methods return promises, for code that wraps or tests drivers. */
export function asyncDriver(driver: ThreadDriver): AsyncThreadDriver {
  return {
    ...driver,
    read: async (...parameters) => driver.read(...parameters),
    write: async (...parameters) => driver.write(...parameters),
    readTail: async (...parameters) => driver.readTail(...parameters),
    patch: async (...parameters) => driver.patch(...parameters),
    delete: async (...parameters) => driver.delete(...parameters),
    list: async (...parameters) => driver.list(...parameters),
    listNamespaces: async (...parameters) => driver.listNamespaces(...parameters),
    close: async () => driver.close(),
  };
}
