import { type Cluster, Redis } from "ioredis";
import type { ClientSource } from "./options.ts";
import { closeSilentConnections } from "./silence.ts";

export interface OpenClient {
  readonly client: Redis | Cluster;
  /** Closes the client if {@link openClient} created it. */
  readonly close: () => Promise<void>;
}

/** Returns the caller's client, or creates one for the URL that connects on first use. */
export function openClient({ url, client }: ClientSource): OpenClient {
  if (client !== undefined) return { client, close: () => Promise.resolve() };
  const ownClient = createClient(url);
  return { client: ownClient, close: () => closeClient(ownClient) };
}

/** Returns a sentence for error messages that names the servers, without credentials. */
export function locationOf(client: Redis | Cluster): string {
  if ("nodes" in client) {
    const addresses = client.nodes().map(({ options: { host, port } }) => `${host}:${port}`);
    return addresses.length === 0 ? "The client is a Cluster." : `The Cluster has ${addresses.join(", ")}.`;
  }
  const { host, port, path, sentinels, name } = client.options;
  if (sentinels && sentinels.length > 0) return `The master is ${name}.`;
  return `The server is ${path ?? `${host}:${port}`}.`;
}

function createClient(url: string): Redis {
  const client = new Redis(url, {
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    // A command that waits for a connection fails as soon as connecting fails; core retries it.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** (attempt - 1), 1000),
    // A demoted master keeps its connections open. Reconnecting reaches the new master if the address has moved.
    reconnectOnError: ({ message }) => message.startsWith("READONLY "),
  });
  // Each call reports the connection error itself. Without a listener, ioredis would log it.
  client.on("error", () => undefined);
  closeSilentConnections(client);
  return client;
}

async function closeClient(client: Redis): Promise<void> {
  // Between two connection attempts there is no connection, and ioredis does not emit `end`.
  const ended = client.status === "reconnecting" ? undefined : nextEvent(client, "end");
  client.disconnect();
  await ended;
}

function nextEvent(client: Redis, event: string): Promise<void> {
  // `once` of node:events would reject on an `error` event that comes first.
  return new Promise((resolve) => {
    client.once(event, () => resolve());
  });
}
