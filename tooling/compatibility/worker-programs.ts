import { ATTACHMENTS, ENCRYPTION, HISTORY } from "./worker-layers.ts";
import type { WorkerProgram } from "./workerd.ts";

/** A conversation with an agent, whose model answers from the program. */
const AGENT = `
import { memoryStore } from "@threadstore/core";
import { createChatAgent, openConversation } from "@threadstore/openai";
import * as framework from "@threadstore/agent-framework";
import OpenAI from "openai";
export async function main() {
  const answer = { id: "1", object: "chat.completion", created: 0, model: "m", choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Ahoy!" } }] };
  const client = new OpenAI({ apiKey: "none", baseURL: "http://models.example", fetch: async () => Response.json(answer) });
  const conversation = openConversation({ agent: createChatAgent({ client, model: "m" }), store: memoryStore(), id: "a" });
  const { text } = await conversation.run("Hello", { key: "1" });
  if (Object.keys(framework).length === 0) throw new Error("nothing exported");
  return text === "Ahoy!" ? "works" : text;
}
`;

const S3 = `
import { DOMParser, Node } from "@xmldom/xmldom";
import { S3Client } from "@aws-sdk/client-s3";
import { s3Store } from "@threadstore/s3";
Object.assign(globalThis, { DOMParser, Node });
export async function main() {
  const client = new S3Client({ endpoint: "http://bucket.example", region: "us-east-1", forcePathStyle: true,
    credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  const store = s3Store({ client, bucket: "threads" });
  const first = await store.save("a", { text: "ü" });
  await store.save("a", { text: "ü€" }, { previous: first });
  const error = await store.save("a", {}, { previous: first }).catch((cause) => cause);
  if (error.code !== "CONFLICT") throw error;
  const { thread } = await store.load("a");
  await store.close();
  return thread.text === "ü€" ? "works" : "another text";
}
`;

/** Every operation of the thread API, with an `If-Match` that fails. */
const THREAD_API = `
import { memoryStore } from "@threadstore/core";
import { threadHandler } from "@threadstore/http";
export async function main() {
  const store = memoryStore();
  const handler = threadHandler({
    authorize: () => store,
    append: ({ elements }) => ({ elements, create: { messages: [] } }),
  });
  const request = async (method, path, body, headers) => handler(new Request("http://chat.example" + path,
    { method, headers: { "content-type": "application/json", ...headers }, body: body && JSON.stringify(body) }));
  const responses = [
    await request("POST", "/threads/a/elements", { elements: [{ text: "ü€" }] }),
    await request("GET", "/threads"),
    await request("GET", "/threads/a"),
    await request("PATCH", "/threads/a", { title: "ü" }),
    await request("POST", "/threads/a/fork", { id: "b" }),
    await request("DELETE", "/threads/a", undefined, { "if-match": '"stale"' }),
    await request("DELETE", "/threads/b"),
  ];
  const statuses = responses.map(({ status }) => status).join();
  const { messages } = await responses[2].json();
  if (messages[0].text !== "ü€") return "another text";
  return statuses === "200,200,200,200,201,412,204" ? "works" : statuses;
}
`;

const LANGGRAPH = `
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { memoryStore } from "@threadstore/core";
import { ItemStore, ThreadStoreSaver } from "@threadstore/langgraph";
export async function main() {
  const store = memoryStore();
  const State = Annotation.Root({ turns: Annotation({ reducer: (sum, turn) => sum + turn, default: () => 0 }) });
  const graph = new StateGraph(State)
    .addNode("count", () => ({ turns: 1 }))
    .addEdge(START, "count")
    .addEdge("count", END)
    .compile({ checkpointer: new ThreadStoreSaver({ store }), store: new ItemStore({ store }) });
  const config = { configurable: { thread_id: "a" } };
  await graph.invoke({ turns: 10 }, config);
  const { turns } = await graph.invoke({ turns: 10 }, config);
  return turns === 22 ? "works" : "turns: " + turns;
}
`;

const OPENAI_AGENTS = `
import { user } from "@openai/agents-core";
import { memoryStore } from "@threadstore/core";
import { threadSession } from "@threadstore/openai-agents";
export async function main() {
  const session = threadSession({ store: memoryStore(), id: "a" });
  await session.addItems([user("Hello"), user("ü€")]);
  const items = await session.getItems();
  return items.length === 2 ? "works" : "items: " + items.length;
}
`;

const STRANDS = `
import { memoryStore } from "@threadstore/core";
import { strandsStorage } from "@threadstore/strands";
export async function main() {
  const storage = strandsStorage({ store: memoryStore() });
  await storage.write("a/b", new TextEncoder().encode("ü€"));
  const text = new TextDecoder().decode(await storage.read("a/b"));
  return text === "ü€" ? "works" : text;
}
`;

const MICROSOFT_AGENTS = `
import { memoryStore } from "@threadstore/core";
import { threadStorage } from "@threadstore/microsoft-agents";
export async function main() {
  const storage = threadStorage({ store: memoryStore() });
  await storage.write({ a: { text: "ü€" } });
  const stale = await storage.read(["a"]);
  await storage.write(await storage.read(["a"]));
  const error = await storage.write(stale).catch((cause) => cause);
  if (error?.code !== "CONFLICT") return "no conflict";
  return (await storage.read(["a"])).a.text === "ü€" ? "works" : "another text";
}
`;

/** The programs that need no server. */
export const PROGRAMS: Readonly<
  Record<
    | "agent"
    | "attachments"
    | "encryption"
    | "history"
    | "langgraph"
    | "microsoftAgents"
    | "openaiAgents"
    | "s3"
    | "strands"
    | "threadApi",
    WorkerProgram
  >
> = {
  agent: { name: "agent", program: AGENT, flags: [] },
  attachments: { name: "attachments", program: ATTACHMENTS, flags: ["nodejs_compat"] },
  encryption: { name: "encryption", program: ENCRYPTION, flags: [] },
  history: { name: "history", program: HISTORY, flags: [] },
  threadApi: { name: "thread-api", program: THREAD_API, flags: [] },
  langgraph: { name: "langgraph", program: LANGGRAPH, flags: ["nodejs_compat"] },
  openaiAgents: { name: "openai-agents", program: OPENAI_AGENTS, flags: ["nodejs_compat"] },
  strands: { name: "strands", program: STRANDS, flags: ["nodejs_compat"] },
  microsoftAgents: { name: "microsoft-agents", program: MICROSOFT_AGENTS, flags: [] },
  s3: { name: "s3", program: S3, flags: ["nodejs_compat"] },
};

/** Returns a program that saves and loads with a store. */
export function storeProgram(imports: string, store: string): string {
  return `
${imports}
export async function main() {
  const store = ${store};
  const first = await store.save("a", { text: "ü" });
  await store.save("a", { text: "ü€" }, { previous: first });
  const error = await store.save("a", {}, { previous: first }).catch((cause) => cause);
  if (error.code !== "CONFLICT") throw error;
  const { thread } = await store.load("a");
  await store.close();
  return thread.text === "ü€" ? "works" : "another text";
}
`;
}
