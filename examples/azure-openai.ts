// A conversation with a model on Azure, signed in with `az login` instead of a key. Run it twice: the second run
// continues the conversation of the first. Set AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT, then run: node
// examples/azure-openai.ts
import { AzureCliCredential, getBearerTokenProvider } from "@azure/identity";
import { fileSystemStore } from "@threadstore/file-system";
import { createChatAgent } from "@threadstore/openai";
import { AzureOpenAI } from "openai";

// On a server, new DefaultAzureCredential() also supports its managed identity.
const scope = "https://cognitiveservices.azure.com/.default";
const azureADTokenProvider = getBearerTokenProvider(new AzureCliCredential(), scope);

const agent = createChatAgent({
  client: new AzureOpenAI({ azureADTokenProvider, apiVersion: "2024-10-21" }),
  model: process.env["AZURE_OPENAI_DEPLOYMENT"] ?? "gpt-4o-mini",
  name: "Joker",
  instructions: "You are good at telling jokes.",
});
const store = fileSystemStore({ folder: "azure-threads" });

const saved = await store.load("pirate");
const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();
const input = saved ? "Now tell that joke in the voice of a pirate." : "Tell me a short pirate joke.";

const { text } = await agent.run(input, thread);
console.log(text);

// Safe by default: rejects with CONFLICT if another request has saved this thread since it was loaded.
await store.save("pirate", await thread.serialize(), { previous: saved });
await store.close();
