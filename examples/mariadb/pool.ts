import { Socket } from "node:net";
import { createPool, type Pool, type PoolConnection } from "mysql2/promise";
import { connectionFailure } from "./errors.ts";
import type { PoolSource } from "./options.ts";

export interface OpenPool {
  readonly pool: Pool;
  /** Closes the pool, unless it was passed in. */
  readonly close: () => Promise<void>;
}

export function openPool(source: PoolSource): OpenPool {
  if (source.pool !== undefined) return { pool: source.pool, close: () => Promise.resolve() };
  // Copied, because mysql2 changes its options.
  const pool = createPool({ ...source.connection });
  const sockets = new Set<Socket>();
  pool.on("connection", (connection) => {
    const socket = socketOf(connection);
    if (socket !== undefined) sockets.add(socket.once("close", () => sockets.delete(socket)));
  });
  return {
    pool,
    close: async () => {
      // A connection that is still being opened can fail to say goodbye.
      await pool.end().catch(() => undefined);
      // A server that does not respond must not keep the process alive.
      for (const socket of sockets) socket.unref();
    },
  };
}

/** Returns a sentence for error messages that names the server, without credentials. */
export function locationOf({ connection }: PoolSource): string {
  if (connection === undefined) return "The server is that of `pool`.";
  const { uri = "", host, port } = connection;
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  return `The server is ${host ?? (url?.hostname || "localhost")}:${port ?? (url?.port || 3306)}.`;
}

export async function connectionFrom(pool: Pool, signal: AbortSignal): Promise<PoolConnection> {
  signal.throwIfAborted();
  const connection = await pool.getConnection().catch((error: unknown) => {
    throw connectionFailure(error);
  });
  // The pool can take long, and its queue ignores aborts.
  if (signal.aborted) connection.release();
  signal.throwIfAborted();
  return connection;
}

/** Closes a connection at once. After `destroy`, a pending statement would wait for the server. */
export function closeConnection(connection: PoolConnection): void {
  const socket = socketOf(connection.connection);
  if (socket === undefined) connection.destroy();
  else socket.destroy();
}

/** Returns the socket of a connection, which the types of mysql2 do not mention. */
function socketOf(connection: object): Socket | undefined {
  return "stream" in connection && connection.stream instanceof Socket ? connection.stream : undefined;
}
