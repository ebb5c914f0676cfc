// A conversation persisted in S3. Run it twice: the second run continues the conversation of the first.
// Set OPENAI_API_KEY, BUCKET and the AWS variables, then run: node examples/s3.ts
import { createChatAgent } from "@threadstore/openai";
import { s3Store } from "@threadstore/s3";
import OpenAI from "openai";

const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini" });
// The AWS SDK finds the region and the keys. For other services, set AWS_ENDPOINT_URL_S3.
const store = s3Store({ bucket: process.env["BUCKET"] ?? "my-agents", forcePathStyle: true });

const saved = await store.load("pirate");
const thread = saved ? await agent.deserializeThread(saved.thread) : agent.getNewThread();
const input = saved ? "Now tell that joke in the voice of a pirate." : "Tell me a short pirate joke.";

const { text } = await agent.run(input, thread);
console.log(text);

// Safe by default: rejects with CONFLICT if another request has saved this thread since it was loaded.
await store.save("pirate", await thread.serialize(), { previous: saved });
await store.close();
