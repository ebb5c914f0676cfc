import { join } from "node:path";
import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { locationWithin } from "@threadstore/test-stores";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { harnessOver, openOver } from "./conformance.test-helper.ts";

const runner = { describe, it, after: afterAll };
const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

await describeWithService("redis", "routerStore over Redis and SQLite", ({ url }) => {
  const redis = { kind: "redis", url, prefix: "router-root" } as const;
  const sqlite = { kind: "sqlite", path: join(folder.path, "threads") } as const;
  const bases = { root: redis, other: sqlite, placement: sqlite };
  const { hostname, port } = new URL(url);
  const network = {
    endpoint: { host: hostname, port: Number(port) },
    open: async (location: string, endpoint: { host: string; port: number }, options = {}) => {
      const throughProxy = { ...redis, url: `redis://${endpoint.host}:${endpoint.port}` };
      return openOver({ ...bases, root: throughProxy }, location, options);
    },
  };
  register({ ...harnessOver(bases), network }, runner);
});

await describeWithService("postgres", "routerStore over files and PostgreSQL", ({ url }) => {
  const files = { kind: "file-system", folder: join(folder.path, "files") } as const;
  const postgres = { kind: "postgres", url, tablePrefix: "router_" } as const;
  const disk = {
    folder: (location: string) => (locationWithin(files, `${location} root`) as typeof files).folder,
  };
  register({ ...harnessOver({ root: files, other: postgres, placement: postgres }), disk }, runner);
});
