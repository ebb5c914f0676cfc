// Two concurrent requests to one conversation, with each policy.
// Set OPENAI_API_KEY, then run: node examples/races.ts
import { memoryStore } from "@threadstore/core";
import { AgentError, createChatAgent, openConversation } from "@threadstore/openai";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Joker" });
const store = memoryStore();

// rebase: appends the second turn, although its answer does not take the first into account.
const rebasing = openConversation({ agent, store, id: "rebase" });
await Promise.all([rebasing.run("Tell me a short pirate joke."), rebasing.run("And now?")]);
console.log("rebase:", (await rebasing.load())?.thread.messages.length, "messages");

// retry: runs the second turn again on the new thread, including its tools.
const retrying = openConversation({ agent, store, id: "retry", onConflict: "retry" });
await Promise.all([retrying.run("Tell me a short pirate joke."), retrying.run("And now?")]);
console.log("retry:", (await retrying.load())?.thread.messages.length, "messages");

// reject: the request that finishes last gets its completed turn in the error and decides what to do.
const strict = openConversation({ agent, store, id: "reject", onConflict: "reject" });
const requests = [strict.run("Tell me a short pirate joke."), strict.run("And now?")];
for (const request of await Promise.allSettled(requests)) {
  if (request.status === "fulfilled") continue;
  const error: unknown = request.reason;
  if (!AgentError.is(error, "CONVERSATION_CONFLICT") || error.result === undefined) throw error;
  console.log("reject:", error.result.messages.length, "messages not saved");
}

// lease: the second request waits for the first and takes its turn into account.
const leased = openConversation({ agent, store, id: "lease", lease: true });
await Promise.all([leased.run("Tell me a short pirate joke."), leased.run("And now?")]);
console.log("lease:", (await leased.load())?.thread.messages.length, "messages");
await store.close();
