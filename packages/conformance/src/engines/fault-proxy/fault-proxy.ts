import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createArmory } from "./armed-faults.ts";
import type { ArmedFault, Fault, Trigger } from "./fault.ts";
import { ProxiedConnection } from "./proxied-connection.ts";

export interface FaultProxyOptions {
  /** The server that clients are to reach through the proxy. */
  readonly target: { readonly host: string; readonly port: number };
  /** Numbers of [0, 1) for jitter. @default Math.random */
  readonly random?: () => number;
}

/** A proxy between clients and a server on which one can rely to fail when told. */
export interface FaultProxy {
  /** Where clients connect to, on 127.0.0.1. */
  readonly port: number;
  /** How many connections were made so far. */
  readonly connections: number;
  /** How many of them clients have not ended, nor lost. */
  readonly openConnections: number;
  /** How many requests came so far. */
  readonly requests: number;
  /** How many bytes clients have sent, and the server has answered, let through or not. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Prepares a fault for a request to come. */
  arm(fault: Fault & Trigger): ArmedFault;
  /** Closes the port: new connections are refused, those that are open stay. */
  refuse(): void;
  /** Opens the port again, after `refuse`. */
  accept(): Promise<void>;
  /** Resets every open connection; resolves when they are gone. */
  cutAll(): Promise<void>;
  /** Resets every connection and ends. */
  close(): Promise<void>;
}

/**
 * Starts a proxy for HTTP/1.1 and RESP (Redis) that knows requests from each other, also those that share a connection,
 * and fails those that it is told to. Without TLS; not for connections that subscribe to a channel.
 */
export async function startFaultProxy({
  target,
  random = Math.random,
}: FaultProxyOptions): Promise<FaultProxy> {
  const armory = createArmory();
  const open = new Set<ProxiedConnection>();
  const count = { connections: 0, bytesUp: 0, bytesDown: 0 };

  const join = (client: Socket) => {
    count.connections += 1;
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    client.on("data", ({ length }) => (count.bytesUp += length));
    server.on("data", ({ length }) => (count.bytesDown += length));
    const connection = new ProxiedConnection({ number: count.connections, client, server, armory, random });
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
      return armory.requests;
    },
    get bytesUp() {
      return count.bytesUp;
    },
    get bytesDown() {
      return count.bytesDown;
    },
    arm: armory.arm,
    refuse: () => void server.close(),
    accept: () => listen(server, port),
    cutAll,
    close: () => end(server, cutAll),
  };
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
