// A conversation persisted in PostgreSQL. Run it twice: the second run continues the conversation of the first.
// Set OPENAI_API_KEY and DATABASE_URL, then run: node examples/postgres.ts
import { createChatAgent } from "@threadstore/openai";
import { postgresStore } from "@threadstore/postgres";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini" });
const store = postgresStore({ url: process.env["DATABASE_URL"] ?? "postgres://localhost/postgres" });

const saved = await store.load("pirate");
const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();
const input = saved ? "Now tell that joke in the voice of a pirate." : "Tell me a short pirate joke.";

const { text } = await agent.run(input, thread);
console.log(text);

// Safe by default: rejects with CONFLICT if another request has saved this thread since it was loaded.
await store.save("pirate", await thread.serialize(), { previous: saved });
await store.close();
