import { readFileSync } from "node:fs";
import type { JsonValue, ThreadStore } from "@threadstore/core";
import { Cluster, Redis } from "ioredis";
import { redisStore } from "./redis-store.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

/** How the child processes of the conformance suite connect. */
export type ChildConnection =
  | { readonly to: "server"; readonly url: string }
  | { readonly to: "server over TLS"; readonly url: string; readonly certificateFile: string }
  | { readonly to: "cluster"; readonly nodes: readonly Address[] }
  | { readonly to: "sentinel"; readonly sentinels: readonly Address[]; readonly name: string };

export function openStore(place: string, parameters: JsonValue): ThreadStore {
  const connection = parameters as unknown as ChildConnection;
  const prefix = `conformance-${place}`;
  if (connection.to === "server") return redisStore({ url: connection.url, prefix });
  const client = connect(connection);
  const store = redisStore({ client, prefix });
  const close = store.close.bind(store);
  // The store does not close a client that was passed in, and an open client would keep the process running.
  return Object.assign(store, { close: () => close().finally(() => client.disconnect()) });
}

function connect(connection: Exclude<ChildConnection, { readonly to: "server" }>): Redis | Cluster {
  if (connection.to === "cluster") return new Cluster([...connection.nodes], { lazyConnect: true });
  if (connection.to === "sentinel") {
    const { sentinels, name } = connection;
    return new Redis({ sentinels: [...sentinels], name, lazyConnect: true });
  }
  const { url, certificateFile } = connection;
  return new Redis(url, { lazyConnect: true, tls: { ca: readFileSync(certificateFile) } });
}
