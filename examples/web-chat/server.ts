// Run OPENAI_API_KEY=… node server.ts and open the address that it prints. Stop the server in the middle of an answer,
// start it again, and continue the conversation.
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { createChatAgent } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";
import { createApp } from "./app.ts";

const store = sqliteStore({ path: process.env["DATABASE"] ?? "chat.db" });
const agent = createChatAgent({
  client: new OpenAI(),
  model: process.env["MODEL"] ?? "gpt-4o-mini",
  name: "Web chat",
  instructions: "You are a helpful assistant.",
});
const { fetch } = createApp(store, agent);
const port = Number(process.env["PORT"] ?? 3000);
const server = serve({ fetch, port, hostname: "127.0.0.1" }, (address: AddressInfo) => {
  console.log(`http://127.0.0.1:${address.port}`);
});

process.once("SIGTERM", () => {
  server.close(() => void store.close());
});
