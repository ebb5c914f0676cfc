import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createArmedFaults } from "./armed-faults.ts";
import type { ArmedFault, Fault, Trigger } from "./fault.ts";
import { ProxiedConnection } from "./proxied-connection.ts";
import type { TurnProtocol } from "./turns.ts";

export interface FaultProxyOptions {
  /** The server to which the proxy connects. */
  readonly target: { readonly host: string; readonly port: number };
  /** How to find requests and responses. @default HTTP/1.1 or RESP (Redis), by the first byte of a connection */
  readonly protocol?: TurnProtocol | undefined;
  /** Returns numbers in [0, 1) for jitter. @default Math.random */
  readonly random?: () => number;
}

/** A proxy between clients and a server that injects faults on demand. */
export interface FaultProxy {
  /** The port on 127.0.0.1 to which clients connect. */
  readonly port: number;
  /** The number of connections that clients have opened so far. */
  readonly connections: number;
  /** The number of connections that clients have neither closed nor lost. */
  readonly openConnections: number;
  /** The number of requests so far. */
  readonly requests: number;
  /** The bytes sent so far by clients and by the server, whether passed on or not. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Prepares a fault for a later request. */
  arm(fault: Fault & Trigger): ArmedFault;
  /** Closes the port. New connections are refused, and open connections stay open. */
  refuse(): void;
  /** Opens the port again after `refuse`. */
  accept(): Promise<void>;
  /** Resets every open connection. Resolves when they are closed. */
  cutAll(): Promise<void>;
  /** Resets every connection and stops the proxy. */
  close(): Promise<void>;
}

/**
 * Starts a proxy for HTTP/1.1, RESP (Redis) or a protocol of turns. It distinguishes the requests on a connection, so that a fault strikes
 * exactly the requests it is armed for. It does not support TLS or connections that subscribe to a channel.
 */
export async function startFaultProxy({
  target,
  protocol,
  random = Math.random,
}: FaultProxyOptions): Promise<FaultProxy> {
  const faults = createArmedFaults();
  const open = new Set<ProxiedConnection>();
  const count: Counts = { connections: 0, bytesUp: 0, bytesDown: 0 };
  const join = (client: Socket): void => {
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    countTraffic(count, client, server);
    const parts = { number: count.connections, client, server, faults, random, protocol };
    const connection = new ProxiedConnection(parts);
    open.add(connection);
    client.on("close", () => open.delete(connection));
  };
  const cutAll = async () => {
    await Promise.all([...open].map((connection) => connection.cut()));
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, join);
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get connections() {
      return count.connections;
    },
    get openConnections() {
      return [...open].filter(({ isEnded }) => !isEnded).length;
    },
    get requests() {
      return faults.requests;
    },
    get bytesUp() {
      return count.bytesUp;
    },
    get bytesDown() {
      return count.bytesDown;
    },
    arm: faults.arm,
    refuse: () => void server.close(),
    accept: () => listen(server, port),
    cutAll,
    close: () => end(server, cutAll),
  };
}

interface Counts {
  connections: number;
  bytesUp: number;
  bytesDown: number;
}

function countTraffic(count: Counts, client: Socket, server: Socket): void {
  count.connections += 1;
  client.on("data", ({ length }) => (count.bytesUp += length));
  server.on("data", ({ length }) => (count.bytesDown += length));
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

async function end(server: Server, cutAll: () => Promise<void>): Promise<void> {
  const closed = server.listening ? once(server, "close") : undefined;
  server.close();
  await cutAll();
  await closed;
}
