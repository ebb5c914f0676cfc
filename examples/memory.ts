// Keeps a conversation in memory, for tests and for a first look at a store.
// With OPENAI_API_KEY set: node examples/memory.ts
import { memoryStore, ThreadStoreError } from "@threadstore/core";
import { createChatAgent } from "@threadstore/openai";
import OpenAI from "openai";

const agent = createChatAgent({
  client: new OpenAI(),
  model: "gpt-4o-mini",
  name: "Joker",
  instructions: "You are good at telling jokes.",
});
const store = memoryStore();

const thread = agent.getNewThread();
await agent.run("Tell me a short pirate joke.", thread);
const saved = await store.save("pirate", await thread.serialize(), { metadata: { title: "Pirates" } });

const resumed = await agent.deserializeThread(saved.thread);
const { text } = await agent.run("Now tell that joke in the voice of a pirate.", resumed);
console.log(text);
await store.save("pirate", await resumed.serialize(), { previous: saved });

// A second writer that holds only the first version gets a CONFLICT, and nothing is lost.
try {
  await store.save("pirate", await thread.serialize(), { previous: saved });
} catch (error) {
  if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
  console.log(
    "conflict: the thread is at",
    error.currentVersion === saved.version ? "the same" : "another",
    "version",
  );
}

for await (const { id, metadata } of store.list({ metadata: true })) console.log(id, metadata);

await store.close();
