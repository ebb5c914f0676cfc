import { DriverError } from "@threadstore/core/driver";
import type { Connection } from "./connection.ts";
import { tooFewReplicas } from "./errors.ts";
import type { ReplicaOptions } from "./options.ts";

/** Resolves when enough replicas have the last change. Rejects with a `DriverError` whose effect is `not-durable`. */
export type ReplicaCheck = (signal: AbortSignal) => Promise<void>;

export function replicaCheck(
  connection: Connection,
  replicas: Required<ReplicaOptions> | undefined,
): ReplicaCheck | undefined {
  if (replicas === undefined) return undefined;
  const { count, timeoutMs } = replicas;
  return async (signal) => {
    // WAIT covers only the writes of its connection. On a new connection it would succeed at once.
    const session = connection.session();
    const confirmed = await waitFor(connection, [String(count), String(timeoutMs)], signal);
    if (confirmed < count || connection.session() !== session) throw tooFewReplicas();
  };
}

async function waitFor(connection: Connection, parameters: string[], signal: AbortSignal): Promise<number> {
  try {
    return Number(await connection.command("wait", parameters, signal));
  } catch (error) {
    // Whatever the failure: the master has already applied the change.
    throw tooFewReplicas(DriverError.is(error) ? error.cause : error);
  }
}
