// Says what is wrong with the conversations of a store, mends them, and goes on with one: node examples/repair.ts
import { readFile, writeFile } from "node:fs/promises";
import { repairAgentFrameworkThread } from "@threadstore/agent-framework";
import { fileSystemStore } from "@threadstore/file-system";
import { checkThread, createChatAgent, repairThread } from "@threadstore/openai";
import OpenAI from "openai";

const store = fileSystemStore({ folder: "threads" });
for await (const { id } of store.list()) {
  const stored = await store.load(id);
  if (stored === undefined) continue;
  for (const { code, path, message } of checkThread(stored.thread)) {
    console.log(`${id} ${path}: ${message} (${code})`);
  }
  const { thread, changes } = repairThread(stored.thread, "synthesize");
  // A conversation that has gone on since the load is a CONFLICT, and stays as it is.
  if (changes.length > 0) await store.save(id, thread, { previous: stored });
}

// Or on the way in, when a conversation is taken up.
const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Joker" });
const saved = await store.load("pirate");
if (saved !== undefined) {
  const thread = await agent.deserializeThread(saved.thread, {
    repair: { "result-missing": "drop" },
    onRepair: (changes) => {
      for (const { path, message } of changes) console.warn(`${path}: ${message}`);
    },
  });
  console.log((await agent.run("Now tell that joke in the voice of a pirate.", thread)).text);
}

// A thread of Agent Framework is mended in its own JSON, and handed back.
const [file] = process.argv.slice(2);
if (file !== undefined) {
  const { text, changes } = repairAgentFrameworkThread(await readFile(file, "utf8"), "synthesize");
  for (const { path, message } of changes) console.log(`${path}: ${message}`);
  await writeFile(file, text);
}
await store.close();
