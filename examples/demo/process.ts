// One process of the demo: loads the thread if it exists, runs a turn, and saves the thread.
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
  // Known errors are printed as one sentence, unexpected ones with their stack.
  const isKnown = ThreadStoreError.is(error) || AgentError.is(error);
  if (!isKnown && !(error instanceof OpenAIError)) throw error;
  console.error(isKnown ? `${error.code}: ${error.message}` : error.message);
  process.exitCode = 1;
}
