import type { JsonValue, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import type { Endpoint } from "../../../src/suite/harness.ts";
import { checkThenAct, newLock } from "../../mutants/concurrency.ts";
import { wrapped } from "../../mutants/mutant.ts";
import { KeyValueClient } from "./key-value-client.ts";
import { keyValueDriver } from "./key-value-driver.ts";

export interface PeerParameters {
  readonly endpoint: Endpoint;
  /** Whether it locks in the process only. */
  readonly isBroken: boolean;
  /** Whether it leaves a timer behind, with which the process does not end. */
  readonly stays: boolean;
}

/** What the processes of a case import. */
export function openPeer(place: string, parameters: JsonValue): ThreadStore {
  const { endpoint, isBroken, stays } = parameters as unknown as PeerParameters;
  if (stays) setInterval(() => undefined, 1000);
  const store = createThreadStore(keyValueDriver(new KeyValueClient(endpoint), place));
  if (!isBroken) return store;
  return wrapped(store, { data: new Map(), options: {} }, checkThenAct(newLock()));
}
