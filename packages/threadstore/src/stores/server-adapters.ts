import type { StoreAdapter } from "./adapter.ts";
import { importPackage } from "./import-package.ts";
import { readOptions, type StoreUrl, webUrl } from "./store-url.ts";

/** Returns the scheme, host and path. User names, passwords and parameters are left out. */
function publicPart(url: StoreUrl, example: string): string {
  const { host, pathname } = webUrl(url, example);
  return `${url.scheme}://${host}${pathname === "/" ? "" : pathname}`;
}

const REDIS_EXAMPLE = "redis://user:password@host:6379/0";

export const REDIS: StoreAdapter = {
  label: (url) => `${publicPart(url, REDIS_EXAMPLE)}${optionOf(url, "prefix")}`,
  async open(url, { folder }) {
    webUrl(url, REDIS_EXAMPLE);
    const options = readOptions(url, { prefix: "string" });
    const { redisStore } = await importPackage<typeof import("@threadstore/redis")>(
      { name: "@threadstore/redis", with: ["ioredis"] },
      folder,
    );
    return redisStore({ url: url.url, ...options });
  },
};

const POSTGRES_EXAMPLE = "postgres://user:password@host:5432/database";

export const POSTGRES: StoreAdapter = {
  label: (url) =>
    `${publicPart(url, POSTGRES_EXAMPLE)}${optionOf(url, "schema")}${optionOf(url, "tablePrefix")}`,
  async open(url, { folder, mustExist }) {
    webUrl(url, POSTGRES_EXAMPLE);
    const options = readOptions(url, {
      schema: "string",
      tablePrefix: "string",
      createTables: "boolean",
      synchronousCommit: "string",
      prepare: "boolean",
    });
    const { postgresStore } = await importPackage<typeof import("@threadstore/postgres")>(
      { name: "@threadstore/postgres", with: ["pg"] },
      folder,
    );
    return postgresStore({ url: url.url, createTables: !mustExist, ...options });
  },
};

/** Returns an option that distinguishes stores of one server, for the label. */
function optionOf({ options }: StoreUrl, name: string): string {
  const value = options.get(name);
  return value === undefined ? "" : `#${name}=${value}`;
}
