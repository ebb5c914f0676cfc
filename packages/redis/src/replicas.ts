import type { Cluster, Redis } from "ioredis";
import type { Connection } from "./connection.ts";
import { TooFewReplicasError } from "./errors.ts";

export interface ReplicaOptions {
  /** How many replicas must have a save or delete before it is confirmed. */
  readonly count: number;
  /**
   * How long to wait for them, in milliseconds. Past that the call is `OUTCOME_UNKNOWN`: the change is on the master,
   * and a fail-over may lose it.
   * @default 1000
   */
  readonly timeoutMs?: number | undefined;
}

/** Resolves once enough replicas have what was written last; rejects with a {@link TooFewReplicasError}. */
export type ReplicaCheck = (signal: AbortSignal) => Promise<void>;

/** The check for the options. Throws a `TypeError` for wrong ones. */
export function replicaCheck(
  connection: Connection,
  client: Redis | Cluster | undefined,
  options: ReplicaOptions | undefined,
): ReplicaCheck {
  if (options === undefined) return () => Promise.resolve();
  const { count, timeoutMs = 1000 } = options;
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new TypeError("`replicas` must have a `count` and a `timeoutMs` that are whole numbers above 0.");
  }
  if (client !== undefined && client.isCluster) {
    throw new TypeError(
      "`replicas` cannot be had with a Cluster, where WAIT would reach any node. Set min-replicas-to-write there.",
    );
  }
  return async (signal) => {
    // WAIT counts for the writes of its own connection only: on a new one it would confirm anything at once.
    const session = connection.session();
    const reached = await askFor(connection, [String(count), String(timeoutMs)], signal);
    if (reached < count || connection.session() !== session) throw new TooFewReplicasError();
  };
}

async function askFor(connection: Connection, parameters: string[], signal: AbortSignal): Promise<number> {
  try {
    return Number(await connection.command("wait", parameters, signal));
  } catch (cause) {
    // Whatever keeps the answer away: the change is on the master already.
    throw new TooFewReplicasError(cause);
  }
}
