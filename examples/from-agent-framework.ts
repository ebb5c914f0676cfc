// Takes up a conversation that Agent Framework saved, and hands it back: node examples/from-agent-framework.ts FILE
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
// Once only: a conversation that was moved and has gone on here is not replaced.
if ((await store.load("pirate")) === undefined) await store.save("pirate", thread);

const conversation = openConversation({ agent, store, id: "pirate" });
console.log((await conversation.run("Now tell that joke in the voice of a pirate.")).text);

const stored = await store.load("pirate");
if (stored !== undefined) {
  await writeFile("back.json", writeAgentFrameworkThread(stored.thread).text);
  await writeFile("csharp.json", writeAgentFrameworkThread(stored.thread, { to: "csharp-session" }).text);
}
await store.close();
