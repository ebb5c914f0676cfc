// A queue delivers a message twice, at the same time. One turn answers it, and both deliveries get the answer.
// Set OPENAI_API_KEY, then run: node examples/redelivery.ts
import { createChatAgent, openConversation } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Joker" });
const store = sqliteStore({ path: "redelivery.db" });

async function deliver(message: { readonly id: string; readonly text: string }): Promise<void> {
  const conversation = openConversation({ agent, store, id: "pirate", journal: true });
  const { text, repeated } = await conversation.run(message.text, { key: message.id });
  console.log(`${repeated ? "repeated" : "answered"}: ${text}`);
}

const message = { id: "event-1", text: "Tell me a short pirate joke." };
await Promise.all([deliver(message), deliver(message)]);
await store.close();
