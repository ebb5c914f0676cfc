import type { Cluster, Redis } from "ioredis";
import { connectionFailure } from "./errors.ts";

/**
 * Returns a function that confirms that the client's connection uses the database that the client is configured for, and
 * returns nothing if that is certain. If that database does not exist or the user may not select it, ioredis only emits
 * an error and continues in database 0, where threads would be saved to and loaded from the wrong place.
 */
export function databaseCheck(client: Redis | Cluster): () => Promise<void> | undefined {
  const checks = new WeakMap<object, Promise<void>>();
  return () => {
    // A Cluster has a single database.
    if ("nodes" in client) return undefined;
    const database = databaseOf(client);
    const { stream } = client;
    if (database === 0 || typeof stream !== "object") return undefined;
    const check = checks.get(stream) ?? select(client, database);
    checks.set(stream, check);
    // Check again after a failure: permissions can be granted without a new connection.
    check.catch(() => checks.delete(stream));
    return check;
  };
}

/** Returns the configured database, or the one that the client's owner has selected since. */
function databaseOf(client: Redis): number {
  const { condition } = client as { condition?: { select?: number } | null };
  return condition?.select ?? client.options.db ?? 0;
}

async function select(client: Redis, database: number): Promise<void> {
  try {
    await client.select(database);
  } catch (error) {
    throw connectionFailure(error);
  }
}
