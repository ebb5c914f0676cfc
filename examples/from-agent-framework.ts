// Continues a conversation of Agent Framework and converts it back.
// Set OPENAI_API_KEY, then run: node examples/from-agent-framework.ts FILE
import { readFile, writeFile } from "node:fs/promises";
import { readAgentFrameworkThread, writeAgentFrameworkThread } from "@threadstore/agent-framework";
import { fileSystemStore } from "@threadstore/file-system";
import { createChatAgent, openConversation } from "@threadstore/openai";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini" });
const store = fileSystemStore({ folder: "moved" });

const { thread, shape, report } = readAgentFrameworkThread(
  await readFile(process.argv[2] ?? "thread.json", "utf8"),
);
console.log(shape, report);
// Only once: a conversation that was moved and then continued must not be replaced.
if ((await store.load("pirate")) === undefined) await store.save("pirate", thread);

const conversation = openConversation({ agent, store, id: "pirate" });
console.log((await conversation.run("Now tell that joke in the voice of a pirate.")).text);

const stored = await store.load("pirate");
if (stored !== undefined) {
  await writeFile("back.json", writeAgentFrameworkThread(stored.thread).text);
  await writeFile("csharp.json", writeAgentFrameworkThread(stored.thread, { to: "csharp-session" }).text);
}
await store.close();
