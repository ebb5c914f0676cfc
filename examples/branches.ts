// Edits a question, keeps the earlier branch in the history of the thread, and continues both.
// Set OPENAI_API_KEY, then run: node examples/branches.ts
import { withHistory } from "@threadstore/history";
import { createChatAgent, openConversation } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";

const store = withHistory(sqliteStore({ path: "branches.db" }));
const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Joker" });
const id = crypto.randomUUID();

const conversation = openConversation({ agent, store, id });
const joke = await conversation.run("Tell me a short pirate joke.");

// The user edits the question. The turn leaves the thread, but stays in its history.
await conversation.rewind();
const { text } = await conversation.run("What is a pirate?");
console.log(`Now: ${text}`);

// The earlier branch continues in a thread of its own.
const fork = await store.fork(id, joke.stored, `${id}-2`);
const branch = openConversation({ agent, store, id: fork.id });
const { text: answer } = await branch.run("Now tell that joke in the voice of a pirate.");
console.log(`In the other branch: ${answer}`);

for (const { updatedAt, size, isCurrent } of await store.versions(id)) {
  console.log(`${updatedAt.toISOString()} ${size} bytes${isCurrent ? ", current" : ""}`);
}
for await (const { id: forkId } of store.list({ where: { forkedFrom: id } })) console.log(`fork: ${forkId}`);
await store.close();
