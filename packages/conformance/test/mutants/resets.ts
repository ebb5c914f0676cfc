import { setTimeout as wait } from "node:timers/promises";
import type { AsyncThreadDriver, ThreadDriver } from "@threadstore/core/driver";
import { isConnectionLost } from "../stores/network-error.ts";
import { every } from "./linearizability.ts";
import type { Mutant } from "./mutant.ts";
import { networkMutant } from "./network-mutant.ts";

/** Bugs that affect one of several lost responses, but not those that the cases lose one at a time. */
export const resetMutants: readonly Mutant[] = [
  networkMutant("rare optimism", "treats one of 3 writes whose response is lost as applied", ["C5-3"], () => {
    const isBuggy = every(3);
    const driver = (inner: AsyncThreadDriver): ThreadDriver => ({
      ...inner,
      async write(key, record, ...rest) {
        try {
          return await inner.write(key, record, ...rest);
        } catch (error) {
          if (isConnectionLost(error) && isBuggy()) return `hoped-for-${record.nonce}`;
          throw error;
        }
      },
    });
    return { driver };
  }),
  networkMutant(
    "rare unconditional resend",
    "resends one of 3 writes whose response is lost, without its precondition",
    ["C5-3"],
    () => {
      const isBuggy = every(3);
      const driver = (inner: AsyncThreadDriver): ThreadDriver => ({
        ...inner,
        async write(key, record, expected, options) {
          try {
            return await inner.write(key, record, expected, options);
          } catch (error) {
            if (!isConnectionLost(error) || !isBuggy()) throw error;
            await wait(30);
            const current = await inner.read(key, undefined, options);
            return inner.write(key, record, current?.version, options);
          }
        },
      });
      return { driver };
    },
  ),
];
