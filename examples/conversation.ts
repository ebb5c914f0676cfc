// A conversation that loads, runs and saves, and survives a process that is killed during a turn.
// Set OPENAI_API_KEY, then run: node examples/conversation.ts
import { AgentError, createChatAgent, openConversation } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Joker" });
const store = sqliteStore({ path: "conversations.db" });

const conversation = openConversation({ agent, store, id: "pirate", journal: true });
const before = await conversation.load();
const input = before ? "Now tell that joke in the voice of a pirate." : "Tell me a short pirate joke.";

try {
  const { text, stored } = await conversation.run(input);
  console.log(text);
  console.log(`Saved ${stored.size} bytes.`);
} catch (error) {
  if (!AgentError.is(error, "CONVERSATION_BUSY")) throw error;
  console.log("Another run has used this conversation for a minute. Try again.");
}
await store.close();
