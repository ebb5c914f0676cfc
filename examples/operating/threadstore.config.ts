import type { ThreadStore } from "@threadstore/core";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { withHistory } from "@threadstore/history";
import { postgresStore } from "@threadstore/postgres";
import { sqliteStore } from "@threadstore/sqlite";

const { KEY_2026 = "", KEY_2027 = "", DATABASE_URL = "postgres://localhost/agents" } = process.env;
// The current key encrypts new threads. Threads with the other one can be read.
const keys = staticKeys({ current: "2027", keys: { "2026": KEY_2026, "2027": KEY_2027 } });

const stores: Readonly<Record<"production" | "postgres", () => ThreadStore>> = {
  production: () => withHistory(withEncryption(sqliteStore({ path: "threads.db" }), { keys })),
  postgres: () => withHistory(withEncryption(postgresStore({ url: DATABASE_URL }), { keys })),
};

export default stores;
