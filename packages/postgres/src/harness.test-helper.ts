import type { Harness } from "@threadstore/conformance";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { tablesOf } from "./keys.ts";
import type { PostgresClientOptions, PostgresDriverOptions } from "./options.ts";
import { postgresTurns } from "./postgres-protocol.test-helper.ts";
import { postgresStore } from "./postgres-store.ts";
import { altered, contentOf, type Direct, dropTables, putContent } from "./postgres.test-helper.ts";

/** A harness whose stores connect by URL. Each location is a table prefix. `direct` bypasses them. */
export function urlHarness(name: string, url: string, direct: Direct): Harness {
  return {
    ...directAccess(direct),
    name,
    open: async (location, options) => storeAt(location, { url }, options),
    missing: async () => postgresStore({ url: new URL("/nowhere", url).href }),
    secrets: [new URL(url).password].filter((password) => password !== ""),
    network: networkOf(url),
    childProcess: {
      module: new URL("./conformance-child.test-helper.ts", import.meta.url),
      parameters: { url },
    },
    durability: {
      // Without synchronous_commit, which each statement of the store sets for itself.
      async settings() {
        const rows = await direct(
          "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes')",
        );
        return rows.map(({ name: setting, setting: actual }) => ({
          name: String(setting),
          accepted: ["on"],
          actual: String(actual),
        }));
      },
    },
  };
}

function networkOf(url: string): NonNullable<Harness["network"]> {
  const { hostname, port } = new URL(url);
  return {
    endpoint: { host: hostname, port: Number(port) },
    protocol: postgresTurns,
    open: async (location, { host, port: proxyPort }, options) =>
      storeAt(location, { url: altered(url, { host: `${host}:${proxyPort}` }) }, options),
  };
}

/** A harness whose stores share a client. */
export function clientHarness(
  name: string,
  client: PostgresClientOptions["client"],
  direct: Direct,
): Harness {
  return {
    ...directAccess(direct),
    name,
    open: async (location, options) => storeAt(location, { client }, options),
    missing: async () => postgresStore({ client, schema: "nowhere" }),
  };
}

function directAccess(direct: Direct): Pick<Harness, "destroy" | "rewrite" | "entries"> {
  return {
    destroy: (location) => dropTables(direct, prefixOf(location)),

    async rewrite(location, id, change) {
      const bytes = await contentOf(direct, prefixOf(location), id);
      await putContent(direct, prefixOf(location), id, change(bytes));
    },

    async entries(location) {
      const { threads, chunks } = tablesOf({ tablePrefix: prefixOf(location) });
      const rows = await direct(`
        SELECT 'thread ' || encode(namespace, 'escape') || ' ' || encode(id, 'escape') AS name FROM ${threads}
        UNION ALL SELECT 'chunk ' || sequence || ' of ' || coalesce(encode(id, 'escape'), '?')
        FROM ${chunks} AS c LEFT JOIN ${threads} AS t ON c.thread = t.thread`);
      return rows.map(({ name }) => String(name));
    },
  };
}

export function prefixOf(location: string): string {
  return `conformance_${location}_`;
}

export function storeAt(
  location: string,
  source: Pick<PostgresDriverOptions, "url" | "client">,
  options: StoreOptions = {},
): ThreadStore {
  return postgresStore({ ...options, ...source, tablePrefix: prefixOf(location) } as PostgresDriverOptions);
}
