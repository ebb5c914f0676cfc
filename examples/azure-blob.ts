// A conversation persisted in Azure Blob Storage. Run it twice: the second run continues the conversation of the
// first. Set OPENAI_API_KEY and AZURE_STORAGE_CONNECTION_STRING, then run: node examples/azure-blob.ts
import { ContainerClient } from "@azure/storage-blob";
import { azureBlobStore } from "@threadstore/azure-blob";
import { createChatAgent } from "@threadstore/openai";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini" });
// To sign in with @azure/identity: { accountUrl, credential: new DefaultAzureCredential(), container: "threads" }.
const connection = process.env["AZURE_STORAGE_CONNECTION_STRING"] ?? "UseDevelopmentStorage=true";
const store = azureBlobStore({ container: new ContainerClient(connection, "threads") });

const saved = await store.load("pirate");
const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();
const input = saved ? "Now tell that joke in the voice of a pirate." : "Tell me a short pirate joke.";

const { text } = await agent.run(input, thread);
console.log(text);

// Safe by default: rejects with CONFLICT if another request has saved this thread since it was loaded.
await store.save("pirate", await thread.serialize(), { previous: saved });
await store.close();
