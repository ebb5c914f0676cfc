import type { ThreadDriver } from "@threadstore/core/driver";
import { isConnectionLost } from "../stores/network-error.ts";
import type { Mutant } from "./mutant.ts";
import { changedError, driverMutant, networkMutant, replacingErrors } from "./network-mutant.ts";

/** What a call does when its answer was lost. */
function onLoss<T>(call: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> {
  return call().catch((error: unknown) => {
    if (isConnectionLost(error)) return otherwise();
    throw error;
  });
}

function claimingNoEffect(inner: ThreadDriver): ThreadDriver {
  return replacingErrors(inner, (error) => changedError(error, { effect: "none" }));
}

export const lostAnswerMutants: readonly Mutant[] = [
  driverMutant(
    "blind re-sending",
    "sends a conditional write again when its answer is lost, and conflicts with itself",
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
    "lost is not applied",
    "explains a lost answer as one to a request that had no effect",
    ["C6-1", "C6-2", "C6-3", "C6-5"],
    claimingNoEffect,
  ),
  networkMutant(
    "lost is unavailable",
    "says UNAVAILABLE where a change may have been made",
    ["C6-1", "C6-2"],
    () => ({ options: { maxRetries: 0 }, driver: claimingNoEffect }),
  ),
  driverMutant(
    "unconditional re-sending",
    "sends a change again without its condition when its answer is lost",
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
  driverMutant("late re-sending", "sends what was lost again before its next change", ["C6-4"], (inner) => {
    const kept: (() => Promise<unknown>)[] = [];
    const write: ThreadDriver["write"] = async (key, record, ...rest) => {
      await Promise.allSettled(kept.splice(0).map((again) => again()));
      const own = { ...record, bytes: record.bytes.slice() };
      try {
        return await inner.write(key, own, ...rest);
      } catch (error) {
        if (isConnectionLost(error)) kept.push(() => inner.write(key, own, ...rest));
        throw error;
      }
    };
    return { ...inner, write };
  }),
  driverMutant("hope", "takes a change whose answer is lost for made", ["C6-4"], (inner) => ({
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
  driverMutant(
    "one greeting",
    "never greets its server again after a failure",
    ["C6-5", "E1-3"],
    (inner, client) => {
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
    },
  ),
];
