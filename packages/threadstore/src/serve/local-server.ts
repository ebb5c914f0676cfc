import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isError } from "@threadstore/core/driver";
import { UsageError } from "../usage-error.ts";
import { nodeListener } from "../viewer/node-listener.ts";
import type { ViewerHandler } from "../viewer/options.ts";

const HOST = "127.0.0.1";
/** How long requests may take after the server was told to stop. */
const STOP_MS = 2000;

/** A server that only this machine can reach. */
export interface LocalServer {
  readonly port: number;
  /** Waits for the requests in flight for a moment, and ends all connections. */
  readonly stop: () => Promise<void>;
}

/** Starts a server on the loopback interface. `port` 0 is any that is free. */
export async function startLocalServer(
  handler: ViewerHandler,
  port: number,
  stopMs: number = STOP_MS,
): Promise<LocalServer> {
  const server = createServer(nodeListener(handler, { origin: `http://${HOST}` }));
  await listen(server, port);
  return { port: portOf(server), stop: () => stop(server, stopMs) };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, HOST);
  try {
    await once(server, "listening");
  } catch (error) {
    const code = isError(error) && "code" in error ? error.code : undefined;
    const reason =
      code === "EADDRINUSE" ? "is in use" : code === "EACCES" ? "may not be used by this user" : undefined;
    if (reason === undefined) throw error;
    throw new UsageError(`The port ${port} ${reason}. Choose another one with \`--port\`.`, { cause: error });
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server, stopMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), stopMs);
  await closed;
  clearTimeout(timer);
}
