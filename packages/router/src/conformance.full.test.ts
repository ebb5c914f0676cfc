import { join } from "node:path";
import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { harnessOver, openOver } from "./conformance.test-helper.ts";

const runner = { describe, it, after: afterAll };
const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

// Both stores are behind the proxy of the suite, whichever has the namespace of a case.
await describeWithService("redis", "routerStore over Redis and Redis", ({ url }) => {
  const root = { kind: "redis", url, prefix: "router-root" } as const;
  const other = { kind: "redis", url, prefix: "router-other" } as const;
  const placement = { kind: "sqlite", path: join(folder.path, "placement") } as const;
  const { hostname, port } = new URL(url);
  const network = {
    endpoint: { host: hostname, port: Number(port) },
    open: async (
      location: string,
      { host, port: proxyPort }: { host: string; port: number },
      options = {},
    ) => {
      const proxied = { url: `redis://${host}:${proxyPort}` };
      return openOver(
        { root: { ...root, ...proxied }, other: { ...other, ...proxied }, placement },
        location,
        options,
      );
    },
  };
  register({ ...harnessOver({ root, other, placement }), network }, runner);
});

await describeWithService("postgres", "routerStore over files and PostgreSQL", ({ url }) => {
  const files = { kind: "file-system", folder: join(folder.path, "files") } as const;
  const postgres = { kind: "postgres", url, tablePrefix: "router_" } as const;
  register(harnessOver({ root: files, other: postgres, placement: postgres }), runner);
});
