import { MEMORY_PROGRAM } from "./programs.ts";
import type { Project } from "./project.ts";
import { expectOutput, type Row } from "./row.ts";
import type { Workbench } from "./workbench.ts";

/** A program that returns `works`, and how it runs. */
interface WorkerProgram {
  readonly name: string;
  readonly program: string;
  readonly flags: readonly string[];
  /** A worker that answers the requests of the program. */
  readonly outbound?: string;
}

const TEST_HANDLER = `
export default { async test() { const result = await main(); if (result !== "works") throw new Error(result); } };
`;

async function runWorker(
  workbench: Workbench,
  { name, program, flags, outbound }: WorkerProgram,
): Promise<void> {
  const project = await workbench.application();
  await bundle(project, name, `${program}\n${TEST_HANDLER}`);
  if (outbound !== undefined) await project.write(`${name}.outbound.mjs`, outbound);
  await project.write(`${name}.capnp`, configOf(name, flags, outbound !== undefined));
  const runtimes = await workbench.runtimes();
  const { code, output } = await project.run(runtimes.bin("workerd"), [
    "test",
    `${name}.capnp`,
    "--experimental",
  ]);
  if (code !== 0) throw new Error(`workerd exited with ${code}:\n${output.slice(-4000)}`);
  expectOutput(output, "PASS");
}

/** Bundles a program as the tools for Workers do: with their import conditions, and the modules of Node.js left out. */
async function bundle(project: Project, name: string, program: string): Promise<void> {
  await project.write(`${name}.entry.mjs`, program);
  const parameters = [
    "--bundle",
    "--format=esm",
    "--platform=browser",
    "--conditions=workerd,worker,browser",
  ];
  await project.succeed(project.bin("esbuild"), [
    `${name}.entry.mjs`,
    `--outfile=${name}.worker.mjs`,
    "--external:node:*",
    ...parameters,
  ]);
}

function configOf(name: string, flags: readonly string[], hasOutbound: boolean): string {
  const worker = (file: string, more: string): string =>
    `(modules = [(name = "worker", esModule = embed "${file}")], compatibilityDate = "2025-01-01", compatibilityFlags = ${JSON.stringify(flags)}${more})`;
  const services = [
    `(name = "main", worker = ${worker(`${name}.worker.mjs`, hasOutbound ? `, globalOutbound = "outbound"` : "")})`,
    ...(hasOutbound ? [`(name = "outbound", worker = ${worker(`${name}.outbound.mjs`, "")})`] : []),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [${services.join(", ")}]);
`;
}

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

/** As much of a bucket as the store needs to check it, and to save and load. */
const BUCKET = `
const objects = new Map();
let count = 0;
const refuse = (status, code) => new Response("<Error><Code>" + code + "</Code></Error>", { status });
export default {
  async fetch(request) {
    const { pathname: key } = new URL(request.url);
    const stored = objects.get(key);
    const [match, noneMatch] = [request.headers.get("if-match"), request.headers.get("if-none-match")];
    const isRefused = (match !== null && match !== stored?.etag) || (noneMatch === "*" && stored !== undefined);
    if (request.method === "PUT" || request.method === "DELETE") {
      const bytes = new Uint8Array(await request.arrayBuffer());
      const now = objects.get(key);
      if (now !== stored) return refuse(409, "ConditionalRequestConflict");
      if (isRefused) return match !== null && stored === undefined ? refuse(404, "NoSuchKey") : refuse(412, "PreconditionFailed");
      if (request.method === "DELETE") { objects.delete(key); return new Response(null, { status: 204 }); }
      const etag = '"' + String(++count).padStart(32, "0") + '"';
      const metadata = [...request.headers].filter(([name]) => name.startsWith("x-amz-meta-"));
      objects.set(key, { etag, bytes, metadata });
      return new Response(null, { headers: { etag } });
    }
    if (stored === undefined) return refuse(404, "NoSuchKey");
    const headers = new Headers([...stored.metadata, ["etag", stored.etag], ["last-modified", new Date().toUTCString()]]);
    return new Response(stored.bytes, { headers });
  },
};
`;

interface WorkerRow extends Pick<Row, "name" | "proof"> {
  readonly worker: WorkerProgram;
}

const WORKERS: readonly WorkerRow[] = [
  {
    name: "Cloudflare Workers, no flags: core and its memory store",
    proof: "saves, lists and loads in `workerd`",
    worker: { name: "memory", program: MEMORY_PROGRAM, flags: [] },
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

export const WORKER_ROWS: readonly Row[] = WORKERS.map(({ worker, ...row }) => ({
  ...row,
  area: "Edge and browsers",
  tools: ["workerd"],
  check: async (workbench) => runWorker(workbench, worker),
}));
