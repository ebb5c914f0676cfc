// Run OPENAI_API_KEY=… node server.ts and open the address that it prints in two tabs. Ask for a refund of order 7.
import type { AddressInfo } from "node:net";
import { openai } from "@ai-sdk/openai";
import { serve } from "@hono/node-server";
import { sqliteStore } from "@threadstore/sqlite";
import { tool } from "ai";
import { z } from "zod";
import { createApp } from "./app.ts";

const store = sqliteStore({ path: process.env["DATABASE"] ?? "use-chat.db" });
const refund = tool({
  description: "Refunds an order.",
  inputSchema: z.object({ order: z.number() }),
  execute: ({ order }) => {
    console.log(`Refunding order ${order}.`);
    return "refunded";
  },
});
const model = openai(process.env["MODEL"] ?? "gpt-4o-mini");
const { fetch } = await createApp({ store, model, tools: { refund } });
const port = Number(process.env["PORT"] ?? 3000);
const server = serve({ fetch, port, hostname: "127.0.0.1" }, (address: AddressInfo) => {
  console.log(`http://127.0.0.1:${address.port}`);
});

process.once("SIGTERM", () => {
  server.close(() => void store.close());
});
