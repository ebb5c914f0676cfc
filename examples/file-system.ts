// Persists a conversation in files. Run it twice: the second run continues the conversation of the first.
// With OPENAI_API_KEY set: node examples/file-system.ts

import { fileSystemStore } from "@threadstore/file-system";
import { createChatAgent } from "@threadstore/openai";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini" });
const store = fileSystemStore({ folder: "threads" });

const saved = await store.load("pirate");
const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();
const input = saved ? "Now tell that joke in the voice of a pirate." : "Tell me a short pirate joke.";

const { text } = await agent.run(input, thread);
console.log(text);

// Safe by default: rejects with CONFLICT if another request has saved this thread since it was loaded.
await store.save("pirate", await thread.serialize(), { previous: saved });
await store.close();
