import { suiteProgram } from "./conformance.ts";
import { MEMORY_PROGRAM } from "./programs.ts";
import { postgres, type QuickStartServer, redis } from "./quick-start-servers.ts";
import type { Row } from "./row.ts";
import { BUCKET } from "./worker-bucket.ts";
import { runWorker, type WorkerProgram } from "./workerd.ts";

const AGENT_PROGRAM = `
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

const COMPATIBLE_PROGRAM = `
import { memoryStore } from "@threadstore/core";
import { withAttachments } from "@threadstore/attachments";
import * as chats from "@threadstore/ai-sdk";
export async function main() {
  const store = withAttachments(memoryStore());
  const image = "data:image/png;base64," + "QUJD".repeat(20000);
  await store.save("a", { messages: [{ image }] });
  const loaded = await store.load("a");
  if (Object.keys(chats).length === 0) throw new Error("nothing exported");
  return loaded.thread.messages[0].image === image ? "works" : "another image";
}
`;

const S3_PROGRAM = `
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

/** Returns a program that saves and loads with a store. */
function storeProgram(imports: string, store: string): string {
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

interface WorkerRow extends Pick<Row, "name" | "proof"> {
  readonly worker: WorkerProgram;
}

/** A store that needs a server. */
interface ServerRow extends Pick<Row, "name" | "proof"> {
  readonly file: string;
  readonly start: () => Promise<QuickStartServer>;
  readonly program: (env: NodeJS.ProcessEnv) => string;
}

const WORKERS: readonly WorkerRow[] = [
  {
    name: "Cloudflare Workers, no flags: core and its memory store",
    proof: "saves, lists and loads in `workerd`",
    worker: { name: "memory", program: MEMORY_PROGRAM, flags: [] },
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: core and its memory store",
    proof: "pass the conformance suite in `workerd`, except two cases that need more functions of `process`",
    worker: { name: "suite", program: suiteProgram("C5-1", "F6-4"), flags: ["nodejs_compat"] },
  },
  {
    name: "Cloudflare Workers, no flags: openai, agent, agent-framework",
    proof: "a conversation in `workerd`, with a model that answers from the program",
    worker: { name: "agent", program: AGENT_PROGRAM, flags: [] },
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: attachments, ai-sdk",
    proof: "saves and loads an attachment in `workerd`",
    worker: { name: "compatible", program: COMPATIBLE_PROGRAM, flags: ["nodejs_compat"] },
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: s3",
    proof:
      "checks a bucket, saves and loads in `workerd`, with a `DOMParser`; another worker plays the bucket",
    worker: { name: "s3", program: S3_PROGRAM, flags: ["nodejs_compat"], outbound: BUCKET },
  },
];

const SERVERS: readonly ServerRow[] = [
  {
    name: "Cloudflare Workers, `nodejs_compat`: postgres",
    proof: "saves and loads in `workerd`, with PostgreSQL",
    file: "postgres",
    start: postgres,
    program: ({ DATABASE_URL }) =>
      storeProgram(
        `import { postgresStore } from "@threadstore/postgres";`,
        `postgresStore({ url: ${JSON.stringify(DATABASE_URL)} })`,
      ),
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: redis",
    proof: "saves and loads in `workerd`, with Redis",
    file: "redis",
    start: redis,
    program: ({ REDIS_URL }) =>
      storeProgram(
        `import { redisStore } from "@threadstore/redis";`,
        `redisStore({ url: ${JSON.stringify(REDIS_URL)} })`,
      ),
  },
];

const common = { area: "Edge and browsers", tools: ["workerd"] } as const;

export const WORKER_ROWS: readonly Row[] = [
  ...WORKERS.map(({ worker, ...row }): Row => ({
    ...row,
    ...common,
    check: async (workbench) => runWorker(workbench, worker),
  })),
  ...SERVERS.map(({ name, proof, file, start, program }): Row => ({
    name,
    proof,
    ...common,
    async check(workbench) {
      const server = await start();
      try {
        const text = program(server.env);
        await runWorker(workbench, { name: file, program: text, flags: ["nodejs_compat"] });
      } finally {
        await server.stop();
      }
    },
  })),
];
