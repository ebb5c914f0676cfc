import type { Cluster, Redis } from "ioredis";
import { isReplyError, neverSent, RedisSetupError, replyCode } from "./errors.ts";

/**
 * Makes sure of a new connection that it is to the database that the client names. ioredis only tells of an error when
 * that cannot be selected, because it is not there or the user may not, and goes on in database 0: threads would be
 * saved, and looked for, in another place than before.
 */
export function databaseCheck(client: Redis | Cluster): () => Promise<void> {
  const checked = new WeakMap<object, Promise<void>>();
  return () => {
    // A Cluster has one database.
    if ("nodes" in client) return Promise.resolve();
    const database = databaseOf(client);
    const { stream } = client;
    if (database === 0 || typeof stream !== "object") return Promise.resolve();
    const check = checked.get(stream) ?? select(client, database);
    checked.set(stream, check);
    // Permissions come without a new connection.
    check.catch(() => checked.delete(stream));
    return check;
  };
}

/** Also one that the client's owner has selected since. */
function databaseOf(client: Redis): number {
  const { condition } = client as { condition?: { select?: number } | null };
  return condition?.select ?? client.options.db ?? 0;
}

async function select(client: Redis, database: number): Promise<void> {
  try {
    await client.select(database);
  } catch (error) {
    throw selectionError(error);
  }
}

/** What an error means that came when a database was to be selected: nothing was sent after it. */
export function selectionError(error: unknown): Error {
  const isSelection = isReplyError(error) && (error as SelectionError).command?.name === "select";
  if (!isSelection || replyCode(error) !== "ERR") return neverSent(error);
  return new RedisSetupError(
    "Redis has no database of that number. Correct the number in the URL or client, or raise the setting `databases`.",
    { cause: error },
  );
}

/** As ioredis makes them of an error that Redis answers. */
interface SelectionError extends Error {
  readonly command?: { readonly name?: string };
}
