import { DriverError, type DriverErrorOptions } from "../driver-error.ts";
import type { BackendErrorCode } from "../errors.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { MaybePromise } from "./maybe-promise.ts";

/** Creates a failure that a scripted driver throws: by default a lost connection, whose effect is unknown. */
export function failure({
  code = "UNAVAILABLE",
  ...options
}: DriverErrorOptions & { readonly code?: BackendErrorCode } = {}): DriverError {
  return new DriverError(code, "The connection was lost.", { effect: "unknown", ...options });
}

type Method = "read" | "write" | "readTail" | "patch" | "delete" | "list";

/** Replaces one call of the driver. `run` makes the real call. */
type Interceptor = <T>(run: () => Promise<T>) => Promise<T>;

/** Wraps a driver, counts its calls, and lets a test intercept the next ones. */
export function scriptedDriver(driver: ThreadDriver): {
  driver: ThreadDriver;
  next: (method: Method, ...interceptors: Interceptor[]) => void;
  calls: Record<Method | "close", number>;
} {
  const script: Record<Method, Interceptor[]> = {
    read: [],
    write: [],
    readTail: [],
    patch: [],
    delete: [],
    list: [],
  };
  const calls = { read: 0, write: 0, readTail: 0, patch: 0, delete: 0, list: 0, close: 0 };
  function play<T>(method: Method, run: () => MaybePromise<T>): MaybePromise<T> {
    calls[method] += 1;
    const interceptor = script[method].shift();
    return interceptor === undefined ? run() : interceptor(async () => run());
  }
  return {
    calls,
    next: (method, ...interceptors) => void script[method].push(...interceptors),
    driver: {
      ...driver,
      read: (...parameters) => play("read", () => driver.read(...parameters)),
      write: (...parameters) => play("write", () => driver.write(...parameters)),
      readTail: (...parameters) => play("readTail", () => driver.readTail(...parameters)),
      patch: (...parameters) => play("patch", () => driver.patch(...parameters)),
      delete: (...parameters) => play("delete", () => driver.delete(...parameters)),
      list: (...parameters) => play("list", () => driver.list(...parameters)),
      close: async () => {
        calls.close += 1;
        await driver.close();
      },
    },
  };
}

/** The call is applied, and its response is lost. */
export const responseLost: Interceptor = async (run) => {
  await run();
  throw failure();
};

/** The request is lost, which the client cannot distinguish from a lost response. */
export const requestLost: Interceptor = async () => {
  throw failure();
};

/** The request is rejected, and certainly had no effect. */
export const rejected: Interceptor = async () => {
  throw failure({ effect: "none" });
};

/** There is never a response. */
export const neverResponds: Interceptor = () => Promise.withResolvers<never>().promise;
