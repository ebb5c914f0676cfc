import type { JsonValue, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import type { Endpoint } from "../../../src/suite/harness.ts";
import { checkThenAct, newLock } from "../../mutants/concurrency.ts";
import { wrapStore } from "../../mutants/mutant.ts";
import { KeyValueClient } from "./key-value-client.ts";
import { keyValueDriver } from "./key-value-driver.ts";

export interface ChildParameters {
  readonly endpoint: Endpoint;
  /** Whether the store locks only within its process. */
  readonly isBroken: boolean;
  /** Whether the module starts a timer that keeps the process from exiting. */
  readonly keepsProcessAlive: boolean;
}

/** Opens a store in a child process of a case. */
export function openStore(location: string, parameters: JsonValue): ThreadStore {
  const { endpoint, isBroken, keepsProcessAlive } = parameters as unknown as ChildParameters;
  if (keepsProcessAlive) setInterval(() => undefined, 1000);
  const store = createThreadStore(keyValueDriver(new KeyValueClient(endpoint), location));
  if (!isBroken) return store;
  return wrapStore(store, { data: new Map(), options: {} }, checkThenAct(newLock()));
}
