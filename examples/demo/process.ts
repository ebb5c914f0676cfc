// One process of the demo: takes the thread up if there is one, says something, puts the thread away.
// node process.ts DATABASE INPUT
import { AgentError } from "@threadstore/openai";
import { ThreadStoreError } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { createJoker } from "./agent.ts";
import { line } from "./print.ts";

const [path = "threads.db", input = ""] = process.argv.slice(2);

try {
  const agent = createJoker();
  await using store = sqliteStore({ path });

  const saved = await store.load("pirate");
  line("loaded", saved ? `version ${saved.version}, ${saved.size} bytes` : "nothing: a new thread");
  const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();

  line("user", input);
  const { text } = await agent.run(input, thread);
  line("agent", text);

  const { version, size } = await store.save("pirate", await thread.serialize(), { previous: saved });
  line("saved", `version ${version}, ${size} bytes, ${thread.messages.length} messages`);
  line("file", path);
} catch (error) {
  // What went wrong in a sentence; a stack is for errors that are nobody's to foresee.
  if (!ThreadStoreError.is(error) && !AgentError.is(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
