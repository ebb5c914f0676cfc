// The store of the tests, for `threadstore serve config:production`.
import { withHistory } from "@threadstore/history";
import { sqliteStore } from "@threadstore/sqlite";
import type { StoreConfig } from "threadstore";

const config: StoreConfig = {
  production: () => withHistory(sqliteStore({ path: process.env["VIEWER_DATABASE"] ?? "threads.db" })),
};

export default config;
