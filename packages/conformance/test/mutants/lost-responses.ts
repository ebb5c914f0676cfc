import type { AsyncThreadDriver, ThreadDriver } from "@threadstore/core/driver";
import { isConnectionLost } from "../stores/network-error.ts";
import type { Mutant } from "./mutant.ts";
import { changedError, driverMutant, networkMutant, replacingErrors } from "./network-mutant.ts";

/** Runs the call, and the alternative if its response is lost. */
function onLoss<T>(call: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> {
  return call().catch((error: unknown) => {
    if (isConnectionLost(error)) return otherwise();
    throw error;
  });
}

function claimingNoEffect(inner: AsyncThreadDriver): AsyncThreadDriver {
  return replacingErrors(inner, (error) => changedError(error, { effect: "none" }));
}

export const lostResponseMutants: readonly Mutant[] = [
  driverMutant(
    "blind resend",
    "resends a conditional write whose response is lost, and conflicts with itself",
    ["C6-1", "C6-2", "C6-3"],
    (inner) => ({
      ...inner,
      write: (...parameters) =>
        onLoss(
          () => inner.write(...parameters),
          () => inner.write(...parameters),
        ),
      delete: (...parameters) =>
        onLoss(
          () => inner.delete(...parameters),
          () => inner.delete(...parameters),
        ),
    }),
  ),
  driverMutant(
    "lost means not applied",
    "reports a lost response as a request without effect",
    ["C6-1", "C6-2", "C6-3", "C6-5"],
    claimingNoEffect,
  ),
  networkMutant(
    "lost means unavailable",
    "reports UNAVAILABLE although a write may have been applied",
    ["C6-1", "C6-2"],
    () => ({ options: { maxRetries: 0 }, driver: claimingNoEffect }),
  ),
  driverMutant(
    "unconditional resend",
    "resends a write whose response is lost, without its precondition",
    ["C6-6", "C6-7", "C6-8"],
    (inner) => {
      const current = async (...[key, , options]: Parameters<ThreadDriver["delete"]>) =>
        (await inner.read(key, undefined, options))?.version;
      return {
        ...inner,
        write: (key, record, expected, options) =>
          onLoss(
            () => inner.write(key, record, expected, options),
            async () => inner.write(key, record, await current(key, "", options), options),
          ),
        delete: (key, expected, options) =>
          onLoss(
            () => inner.delete(key, expected, options),
            async () => inner.delete(key, (await current(key, "", options)) ?? expected, options),
          ),
      };
    },
  ),
  driverMutant("late resend", "resends a lost write before its next one", ["C6-4"], (inner) => {
    const pending: (() => Promise<unknown>)[] = [];
    const write: ThreadDriver["write"] = async (key, record, ...rest) => {
      await Promise.allSettled(pending.splice(0).map((again) => again()));
      const own = { ...record, bytes: record.bytes.slice() };
      try {
        return await inner.write(key, own, ...rest);
      } catch (error) {
        if (isConnectionLost(error)) pending.push(() => inner.write(key, own, ...rest));
        throw error;
      }
    };
    return { ...inner, write };
  }),
  driverMutant("optimism", "treats a write whose response is lost as applied", ["C6-4"], (inner) => ({
    ...inner,
    write: (...parameters) =>
      onLoss(
        () => inner.write(...parameters),
        () => Promise.resolve("hoped for"),
      ),
    delete: (...parameters) =>
      onLoss(
        () => inner.delete(...parameters),
        () => Promise.resolve(true),
      ),
  })),
  driverMutant("single handshake", "never repeats a failed handshake", ["C6-5", "E1-3"], (inner, client) => {
    let greeting: Promise<unknown> | undefined;
    const greeted = <T>(call: () => Promise<T>): Promise<T> =>
      (greeting ??= client.send("GET", "/greeting")).then(call);
    return {
      ...inner,
      read: (...parameters) => greeted(() => inner.read(...parameters)),
      write: (...parameters) => greeted(() => inner.write(...parameters)),
      delete: (...parameters) => greeted(() => inner.delete(...parameters)),
      list: (...parameters) => greeted(() => inner.list(...parameters)),
    };
  }),
];
