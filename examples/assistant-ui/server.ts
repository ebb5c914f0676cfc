// Run OPENAI_API_KEY=… node server.ts, and open the address that it prints.
import type { AddressInfo } from "node:net";
import { openai } from "@ai-sdk/openai";
import { serve } from "@hono/node-server";
import { sqliteStore } from "@threadstore/sqlite";
import { createApp } from "./app.ts";

const store = sqliteStore({ path: process.env["DATABASE"] ?? "assistant-ui.db" });
const { fetch } = await createApp({ store, model: openai(process.env["MODEL"] ?? "gpt-4o-mini") });
const port = Number(process.env["PORT"] ?? 3000);
const server = serve({ fetch, port, hostname: "127.0.0.1" }, (address: AddressInfo) => {
  console.log(`http://127.0.0.1:${address.port}`);
});

process.once("SIGTERM", () => {
  server.close(() => void store.close());
});
