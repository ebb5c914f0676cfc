import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { broken, describeError } from "../../../suite/expectations.ts";
import type { Struck } from "./changing.ts";
import { makeDuring } from "./faults.ts";

/** Reads while a fault strikes; `undefined` when no answer came, which says nothing. */
export async function readDuring<T>(
  { model, clients, client, fault }: Omit<Struck, "id">,
  read: (store: ThreadStore, signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const call = (signal: AbortSignal): Promise<T> => read(clients.view(client, 0), signal);
  const { outcome, isStruck, isAborted } = await makeDuring({ ...clients, fault, call });
  if (isStruck) model.count(`fault: ${fault.kind}`);
  if (outcome.state === "resolved") return { value: outcome.value };
  if (isAborted || (isStruck && saysNothing(outcome.error))) return undefined;
  return broken(
    isStruck
      ? "who reads on a network that fails may get UNAVAILABLE"
      : "a read that no fault strikes succeeds",
    `it rejected with ${describeError(outcome.error)}`,
  );
}

function saysNothing(error: unknown): boolean {
  return ThreadStoreError.is(error) && (error.code === "UNAVAILABLE" || error.code === "BACKEND_ERROR");
}
