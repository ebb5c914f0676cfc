// Two requests that post to one conversation at once, under each policy: node examples/races.ts
import { memoryStore } from "@threadstore/core";
import { AgentError, createChatAgent, openConversation } from "@threadstore/openai";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Joker" });
const store = memoryStore();

// rebase: both turns are kept, one behind the other, each answered without knowing of the other.
const rebasing = openConversation({ agent, store, id: "rebase" });
await Promise.all([rebasing.run("Tell me a short pirate joke."), rebasing.run("And now?")]);
console.log("rebase:", (await rebasing.load())?.thread.messages.length, "messages");

// retry: the second is run again on what the first has left, its tools too.
const retrying = openConversation({ agent, store, id: "retry", onConflict: "retry" });
await Promise.all([retrying.run("Tell me a short pirate joke."), retrying.run("And now?")]);
console.log("retry:", (await retrying.load())?.thread.messages.length, "messages");

// reject: the loser is told, holds its finished turn, and decides.
const strict = openConversation({ agent, store, id: "reject", onConflict: "reject" });
const first = strict.run("Tell me a short pirate joke.");
const second = strict.run("And now?").catch(async (error: unknown) => {
  if (!AgentError.is(error, "CONVERSATION_CONFLICT") || error.result === undefined) throw error;
  console.log("reject:", error.result.messages.length, "messages in hand");
});
await Promise.allSettled([first, second]);

// lease: the second waits for the first, and then answers knowing of it.
const polite = openConversation({ agent, store, id: "lease", lease: true });
await Promise.all([polite.run("Tell me a short pirate joke."), polite.run("And now?")]);
console.log("lease:", (await polite.load())?.thread.messages.length, "messages");
await store.close();
