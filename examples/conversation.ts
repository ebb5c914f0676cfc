// A conversation that loads, runs and saves by itself, also when its process is killed in the middle of a turn.
// With OPENAI_API_KEY set: node examples/conversation.ts
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
  console.log("Somebody else has been talking here for a minute: try again.");
}
await store.close();
