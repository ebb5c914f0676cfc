// Checks and repairs the conversations of a store, and continues one of them: node examples/repair.ts
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
    console.log(`${id} ${path} ${code}: ${message}`);
  }
  const { thread, changes } = repairThread(stored.thread, "synthesize");
  // Rejects with CONFLICT if another request has saved the thread since it was loaded.
  if (changes.length > 0) await store.save(id, thread, { previous: stored });
}

// An agent can also repair a thread when it deserializes it.
const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Joker" });
const saved = await store.load("pirate");
if (saved !== undefined) {
  const thread = await agent.deserializeThread(saved.thread, {
    repair: { "result-missing": "drop" },
    onRepair: (changes) => {
      for (const { path, message, remedy } of changes) console.warn(`${path}: ${message} ${remedy}`);
    },
  });
  console.log((await agent.run("Now tell that joke in the voice of a pirate.", thread)).text);
}

// Repairs a thread of Agent Framework in its own format.
const [file] = process.argv.slice(2);
if (file !== undefined) {
  const { text, changes } = repairAgentFrameworkThread(await readFile(file, "utf8"), "synthesize");
  for (const { path, message, remedy } of changes) console.log(`${path}: ${message} ${remedy}`);
  await writeFile(file, text);
}
await store.close();
