// A thread that serializes to an id, while its messages are in a store.
// Set OPENAI_API_KEY, then run it twice: node examples/history.ts
import { createChatAgent, storedHistory } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";

const store = sqliteStore({ path: "histories.db" });
const threads = store.namespace("threads");

const agent = createChatAgent({
  client: new OpenAI(),
  model: "gpt-4o-mini",
  name: "Joker",
  history: storedHistory({ store: store.namespace("histories"), lastTurns: 20 }),
});

const saved = await threads.load("pirate");
const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();
// Once is enough: a reference never changes.
if (saved === undefined) await threads.save("pirate", await thread.serialize());

const input = saved ? "Now tell that joke in the voice of a pirate." : "Tell me a short pirate joke.";
const { text } = await agent.run(input, thread);
console.log(text);
console.log(JSON.stringify(thread));
await store.close();
