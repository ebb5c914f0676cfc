// Persists a conversation in a SQLite file. Run it twice: the second run continues the conversation of the first.
// With OPENAI_API_KEY set: node examples/sqlite.ts
import { createChatAgent } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini" });
const store = sqliteStore({ path: "threads.db" });

const saved = await store.load("pirate");
const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();
const input = saved ? "Now tell that joke in the voice of a pirate." : "Tell me a short pirate joke.";

const { text } = await agent.run(input, thread);
console.log(text);

// Safe by default: rejects with CONFLICT if another request has saved this thread since it was loaded.
await store.save("pirate", await thread.serialize(), { previous: saved });
await store.close();
