import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { fail, describeError } from "../../../suite/expectations.ts";
import type { FaultTarget } from "./changing.ts";
import { callDuringFault } from "./faults.ts";

/** Reads while a fault strikes. Resolves with `undefined` if there was no response, which implies nothing. */
export async function readDuringFault<T>(
  { model, clients, client, fault }: Omit<FaultTarget, "id">,
  read: (store: ThreadStore, signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const call = (signal: AbortSignal): Promise<T> => read(clients.view(client, 0), signal);
  const { outcome, isStruck, isAborted } = await callDuringFault({ ...clients, fault, call });
  if (isStruck) model.count(`fault: ${fault.kind}`);
  if (outcome.state === "resolved") return { value: outcome.value };
  if (isAborted || (isStruck && isInconclusive(outcome.error))) return undefined;
  return fail(
    isStruck
      ? "on a faulty network, a read succeeds or rejects with UNAVAILABLE"
      : "a read succeeds if no fault strikes it",
    `it rejected with ${describeError(outcome.error)}`,
  );
}

function isInconclusive(error: unknown): boolean {
  return ThreadStoreError.is(error) && (error.code === "UNAVAILABLE" || error.code === "BACKEND_ERROR");
}
