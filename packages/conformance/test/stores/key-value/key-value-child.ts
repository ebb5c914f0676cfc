import type { JsonValue, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import type { Endpoint } from "../../../src/suite/harness.ts";
import { checkThenAct, newLock } from "../../mutants/concurrency.ts";
import { type Bug, wrapStore } from "../../mutants/mutant.ts";
import { KeyValueClient } from "./key-value-client.ts";
import { keyValueDriver } from "./key-value-driver.ts";

/** The state that a store keeps in its own process, although other processes must see it. */
export type ChildBug = "none" | "lock" | "lock of appends" | "keys";

export interface ChildParameters {
  readonly endpoint: Endpoint;
  readonly bug: ChildBug;
  /** Whether the module starts a timer that keeps the process from exiting. */
  readonly keepsProcessAlive: boolean;
}

const CHILD_BUGS: Readonly<Record<Exclude<ChildBug, "none">, Bug>> = {
  lock: checkThenAct(newLock()),

  "lock of appends": (inner) => {
    const lock = newLock();
    return {
      append: (id, elements, options = {}) =>
        lock(async () => {
          const current = await inner.load(id);
          const result = await inner.append(id, elements, options);
          if (!result.appended || current === undefined) return result;
          // Writes what it has computed before, without what others have appended meanwhile.
          const messages = [...(current.thread["messages"] as unknown[]), ...elements];
          return { ...(await inner.save(id, { messages }, { overwrite: true })), appended: true };
        }),
    };
  },

  keys: (inner) => {
    const keys = new Set<string>();
    return {
      append: async (id, elements, { key, ...options } = {}) => {
        if (key === undefined) return inner.append(id, elements, options);
        const stored = keys.has(key) ? await inner.load(id) : undefined;
        if (stored !== undefined) return { ...stored, appended: false };
        const result = await inner.append(id, elements, options);
        keys.add(key);
        return result;
      },
    };
  },
};

/** Opens a store in a child process of a case. */
export function openStore(location: string, parameters: JsonValue): ThreadStore {
  const { endpoint, bug, keepsProcessAlive } = parameters as unknown as ChildParameters;
  if (keepsProcessAlive) setInterval(() => undefined, 1000);
  const store = createThreadStore(keyValueDriver(new KeyValueClient(endpoint), location));
  return bug === "none" ? store : wrapStore(store, { data: new Map(), options: {} }, CHILD_BUGS[bug]);
}
