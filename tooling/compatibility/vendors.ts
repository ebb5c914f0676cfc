import { join } from "node:path";
import { vendorPeers, zodVersions } from "../vendor-peers.ts";
import type { Row } from "./row.ts";
import { ownErrors } from "./types.ts";

/** For each vendor's package, a program that passes the vendor's objects to a store or an agent. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ai: `
import { memoryStore } from "@threadstore/core";
import { uiMessageStore } from "@threadstore/ai-sdk";
import { convertToModelMessages, type LanguageModel, streamText, type UIMessage } from "ai";
const chats = uiMessageStore({ store: memoryStore() });
export async function answer(model: LanguageModel, message: UIMessage): Promise<Response> {
  const conversation = await chats.append("a", [message]);
  const result = streamText({ model, messages: await convertToModelMessages(conversation.promptMessages) });
  return result.toUIMessageStreamResponse(chats.turn(conversation));
}`,
  "@anthropic-ai/claude-agent-sdk": `
import type { SessionStore } from "@anthropic-ai/claude-agent-sdk";
import { claudeSessionStore } from "@threadstore/claude-agent-sdk";
import { memoryStore } from "@threadstore/core";
export const sessions: SessionStore = claudeSessionStore({ store: memoryStore() });`,
  "@assistant-ui/react": `
import type { RemoteThreadListAdapter } from "@assistant-ui/react";
import { threadListAdapter } from "@threadstore/assistant-ui";
export const threads: RemoteThreadListAdapter = threadListAdapter({ url: "/threads", writer: "server" });`,
  "@tanstack/ai": `
import type { StreamDurability } from "@tanstack/ai";
import { memoryStore } from "@threadstore/core";
import { resumableStreams } from "@threadstore/http/streams";
import { runDurability } from "@threadstore/tanstack-ai";
const streams = resumableStreams({ store: memoryStore() });
export const durability: StreamDurability = runDurability({ runId: "a" }, streams);`,
  rxjs: `
import { threadStoreRunner } from "@threadstore/copilotkit";
import { memoryStore } from "@threadstore/core";
import type { Observable } from "rxjs";
const runner = threadStoreRunner({ store: memoryStore() });
export const events: Observable<{ readonly type: string }> = runner.connect({ threadId: "a" });`,
  "@aws-sdk/client-s3": `
import { S3Client } from "@aws-sdk/client-s3";
import { s3Store } from "@threadstore/s3";
export const store = s3Store({ client: new S3Client({ region: "us-east-1" }), bucket: "threads" });`,
  "@aws-sdk/client-kms": `
import { KMSClient } from "@aws-sdk/client-kms";
import { memoryStore } from "@threadstore/core";
import { envelopeKeys, withEncryption } from "@threadstore/encryption";
import { awsKms } from "@threadstore/encryption/aws-kms";
const service = awsKms({ client: new KMSClient({ region: "us-east-1" }), keyId: "alias/threads" });
export const store = withEncryption(memoryStore(), { keys: envelopeKeys(service) });`,
  "@azure/keyvault-keys": `
import { KeyClient } from "@azure/keyvault-keys";
import { memoryStore } from "@threadstore/core";
import { envelopeKeys, withEncryption } from "@threadstore/encryption";
import { azureKeyVault } from "@threadstore/encryption/azure-key-vault";
const client = new KeyClient("https://a.vault.azure.net", { getToken: async () => null });
const service = azureKeyVault({ client, keyName: "threads" });
export const store = withEncryption(memoryStore(), { keys: envelopeKeys(service) });`,
  "@azure/storage-blob": `
import { ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { azureBlobStore } from "@threadstore/azure-blob";
const credential = new StorageSharedKeyCredential("account", "a2V5");
export const store = azureBlobStore({ container: new ContainerClient("https://a.example/threads", credential) });
export const other = azureBlobStore({ accountUrl: "https://a.example", credential, container: "threads" });`,
  "better-sqlite3": `
import Sqlite from "better-sqlite3";
import { sqliteStore } from "@threadstore/sqlite";
export const store = sqliteStore({ database: new Sqlite(":memory:") });`,
  ioredis: `
import { Cluster, Redis } from "ioredis";
import { redisStore } from "@threadstore/redis";
export const store = redisStore({ client: new Redis({ lazyConnect: true }) });
export const other = redisStore({ client: new Cluster([{ host: "a", port: 6379 }], { lazyConnect: true }) });`,
  "@google/adk": `
import type { BaseSessionService } from "@google/adk";
import { ThreadStoreSessionService } from "@threadstore/adk";
import { memoryStore } from "@threadstore/core";
export const sessions: BaseSessionService = new ThreadStoreSessionService({ store: memoryStore() });`,
  genkit: `
import { memoryStore } from "@threadstore/core";
import { threadSessionStore } from "@threadstore/genkit";
import { genkit, type SessionStore } from "genkit/beta";
export const sessions: SessionStore = threadSessionStore({ store: memoryStore() });
export const agent = genkit({}).defineAgent({ name: "a", model: "m", store: sessions });`,
  "@langchain/langgraph-checkpoint": `
import type { BaseCheckpointSaver, BaseStore } from "@langchain/langgraph-checkpoint";
import { memoryStore } from "@threadstore/core";
import { ItemStore, ThreadStoreSaver } from "@threadstore/langgraph";
const store = memoryStore();
export const saver: BaseCheckpointSaver = new ThreadStoreSaver({ store });
export const items: BaseStore = new ItemStore({ store });`,
  "@mastra/core": `
import { MastraCompositeStore } from "@mastra/core/storage";
import { memoryStore } from "@threadstore/core";
import { ThreadStoreMemory } from "@threadstore/mastra";
const memory = new ThreadStoreMemory({ store: memoryStore() });
export const storage = new MastraCompositeStore({ id: "storage", domains: { memory } });`,
  "@microsoft/agents-hosting": `
import type { Storage } from "@microsoft/agents-hosting";
import { memoryStore } from "@threadstore/core";
import { stateStorage, threadStorage } from "@threadstore/microsoft-agents";
export const storage: Storage = threadStorage({ store: memoryStore() });
export const states: Storage = stateStorage({ store: memoryStore() });`,
  openai: `
import { memoryStore } from "@threadstore/core";
import { chatSummarizer, createChatAgent, createResponsesAgent, openConversation } from "@threadstore/openai";
import OpenAI, { AzureOpenAI } from "openai";
const client = new OpenAI({ apiKey: "none" });
const azure = new AzureOpenAI({ apiKey: "none", endpoint: "https://a.example", apiVersion: "v1" });
export const agents = [client, azure].map((each) => createResponsesAgent({ client: each, model: "m" }));
export const agent = createChatAgent({ client: azure, model: "m" });
export const summarizer = chatSummarizer({ client, model: "m" });
export const conversation = openConversation({ agent, store: memoryStore(), id: "a" });`,
  "@openai/agents-core": `
import { Agent, run, type Session } from "@openai/agents-core";
import { memoryStore } from "@threadstore/core";
import { threadSession } from "@threadstore/openai-agents";
export const session: Session = threadSession({ store: memoryStore(), id: "a" });
export const result = run(new Agent({ name: "a" }), "Hello", { session });`,
  "@strands-agents/sdk": `
import type { Storage } from "@strands-agents/sdk";
import { memoryStore } from "@threadstore/core";
import { strandsStorage } from "@threadstore/strands";
export const storage: Storage = strandsStorage({ store: memoryStore() });`,
  zod: `
import { defineTool } from "@threadstore/agent";
import { z } from "zod";
export const tool = defineTool({
  name: "weather",
  parameters: z.object({ city: z.string(), days: z.number().optional() }),
  jsonSchema: { type: "object", properties: { city: { type: "string" }, days: { type: "number" } } },
  run: ({ city, days = 1 }) => city.toUpperCase() + days.toFixed(),
});`,
  pg: `
import pg from "pg";
import { postgresStore } from "@threadstore/postgres";
export const store = postgresStore({ client: new pg.Pool({ max: 2 }) });`,
};

const COMPILER_OPTIONS = {
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false,
};

function vendorRow(name: string, vendor: string, version: string): Row {
  return {
    area: "Vendors' packages",
    name: `\`${name}\` with \`${vendor}\` ${version.split(".", 2).join(".")}`,
    tools: ["typescript7"],
    version,
    proof: "a program that uses both compiles, without `skipLibCheck`",
    async check(workbench) {
      const program = PROGRAMS[vendor];
      if (program === undefined) throw new Error(`PROGRAMS does not have a program for ${vendor}. Add one.`);
      const folder = `vendor-${vendor.replaceAll(/\W/gu, "-")}-${version}`;
      const packages = ["@threadstore/core", name, `${vendor}@${version}`, "@types/node@24"];
      const project = await workbench.project(folder, packages);
      await project.write("program.mts", program);
      await project.write(
        "tsconfig.json",
        JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ["program.mts"] }),
      );
      const compiler = join((await workbench.application()).folder, "node_modules/typescript7/bin/tsc");
      const { output } = await project.run(process.execPath, [compiler, "-p", ".", "--pretty", "false"]);
      const errors = ownErrors(output);
      if (errors.length > 0) throw new Error(errors.slice(0, 20).join("\n"));
    },
  };
}

export const VENDOR_ROWS: readonly Row[] = [
  ...vendorPeers().flatMap(({ name, vendor, installed }) =>
    [...installed.values()].map((version) => vendorRow(name, vendor, version)),
  ),
  ...zodVersions().map((version) => vendorRow("@threadstore/agent", "zod", version)),
];
