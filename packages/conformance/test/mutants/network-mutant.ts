import { DriverError, type DriverErrorOptions, type AsyncThreadDriver } from "@threadstore/core/driver";
import { keyValueHarness, type NetworkBug } from "../stores/key-value/key-value-harness.ts";
import type { Mutant } from "./mutant.ts";

/** Creates a mutant of the key-value store. `makeBug` runs once for each harness. */
export function networkMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  makeBug: () => NetworkBug,
): Mutant {
  return { name, bug, base: "HTTP", killedBy, make: () => keyValueHarness(name, makeBug()) };
}

type MakeDriver = NonNullable<NetworkBug["driver"]>;

export function driverMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  driver: MakeDriver,
): Mutant {
  return networkMutant(name, bug, killedBy, () => ({ driver }));
}

/** Returns the driver with every `DriverError` that its calls throw replaced. */
export function replacingErrors(
  inner: AsyncThreadDriver,
  replace: (error: DriverError) => DriverError,
): AsyncThreadDriver {
  const replacing = <T>(call: Promise<T>): Promise<T> =>
    call.catch((error: unknown) => {
      throw DriverError.is(error) ? replace(error) : error;
    });
  return {
    ...inner,
    read: (...parameters) => replacing(inner.read(...parameters)),
    write: (...parameters) => replacing(inner.write(...parameters)),
    readTail: (...parameters) => replacing(inner.readTail(...parameters)),
    patch: (...parameters) => replacing(inner.patch(...parameters)),
    delete: (...parameters) => replacing(inner.delete(...parameters)),
    list: (...parameters) => replacing(inner.list(...parameters)),
    listNamespaces: (...parameters) => replacing(inner.listNamespaces(...parameters)),
  };
}

/** Returns a copy of the error with some properties changed. */
export function changedError(
  error: DriverError,
  changes: { readonly code?: DriverError["code"] } & DriverErrorOptions,
): DriverError {
  const { code, message, effect, retryAfterMs, cause } = error;
  return new DriverError(changes.code ?? code, message, { effect, retryAfterMs, cause, ...changes });
}
