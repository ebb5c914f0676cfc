// A user stops an answer. The conversation keeps its beginning, and the next message works.
// Set OPENAI_API_KEY, then run: node examples/stopping.ts
import { AgentError, createChatAgent, openConversation } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Joker" });
const store = sqliteStore({ path: "stopping.db" });
const conversation = openConversation({ agent, store, id: "pirate", onStop: "keep" });

const stop = new AbortController();
const stream = conversation.runStream("Tell me a short pirate joke.", { signal: stop.signal });
try {
  for await (const { type } of stream) if (type === "text") stop.abort();
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
const turn = (await conversation.load())?.thread.openTurn;
console.log(`The turn is ${turn?.state}. The answer so far: ${JSON.stringify(turn?.text)}`);

try {
  const { text, resumed, closed } = await conversation.run("Now tell it in the voice of a pirate.");
  if (resumed !== undefined) console.log(`Answered first: ${resumed.text}`);
  if (closed !== undefined) console.log(`Closed a turn. ${closed.removed.length} messages removed.`);
  console.log(text);
} catch (error) {
  if (!AgentError.is(error, "TURN_OPEN") && !AgentError.is(error, "TOO_MANY_ATTEMPTS")) throw error;
  // For example, because a person has not decided on a call yet. Ends the turn without an answer.
  const { kept } = await conversation.abandon({ keep: "question" });
  console.log(`${kept.length} messages of the turn stay. Ask again.`);
}
await store.close();
