import { withAttachments } from "@threadstore/attachments";
import { redisStore } from "@threadstore/redis";
import { sqliteStore } from "@threadstore/sqlite";
import type { StoreConfig } from "threadstore";

const stores: StoreConfig = {
  production: () => withAttachments(redisStore({ url: process.env["REDIS_URL"] ?? "redis://localhost" })),
  local: () => sqliteStore({ path: "threads.db" }),
};

export default stores;
