// One process of the demo: takes the thread up if there is one, says something, puts the thread away.
// node process.ts DATABASE INPUT
import { ThreadStoreError } from "@threadstore/core";
import { AgentError } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import { OpenAIError } from "openai";
import { createJoker } from "./agent.ts";
import { line } from "./print.ts";

const [path = "threads.db", input = ""] = process.argv.slice(2);

try {
  const agent = createJoker();
  const store = sqliteStore({ path });

  const saved = await store.load("pirate");
  const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();
  line("loaded", saved ? `version ${saved.version}, ${thread.messages.length} messages` : "a new thread");

  await agent.run(input, thread);
  for (const { role, content } of thread.messages) {
    line(role, typeof content === "string" ? content : JSON.stringify(content));
  }

  const { version, size } = await store.save("pirate", await thread.serialize(), { previous: saved });
  line("saved", `version ${version}, ${size} bytes`);
  line("file", path);
  await store.close();
} catch (error) {
  // What went wrong in a sentence; a stack is for errors that are nobody's to foresee.
  const isForeseen = ThreadStoreError.is(error) || AgentError.is(error);
  if (!isForeseen && !(error instanceof OpenAIError)) throw error;
  console.error(isForeseen ? `${error.code}: ${error.message}` : error.message);
  process.exitCode = 1;
}
