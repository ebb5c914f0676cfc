import { memoryStore, type SerializedThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { isError, THREAD_FORMAT } from "@threadstore/core/documents";
import type { OptionalPackage } from "../stores/import-package.ts";
import { viewOf } from "../walk/walk.ts";
import type { RepairForm, ThreadPlace } from "./wire-form.ts";

/** A thread to read. */
interface Read {
  /** The bridge. */
  readonly module: unknown;
  readonly json: string;
  readonly thread: SerializedThread;
  /** An empty store, from which the bridge can read the thread alone. */
  readonly memory: ThreadStore;
  readonly place: ThreadPlace | undefined;
}

/** The name by which the bridges read a thread that is checked. */
const NAME = "checked";
const REPAIRED = "repaired";

/**
 * Returns a form whose threads are checked by reading them with their bridge. The errors of the bridge are the faults,
 * which cannot be repaired. `read` stores the thread where the bridge expects it.
 */
function readable(
  name: string,
  bridge: OptionalPackage,
  kind: string,
  read: (task: Read) => Promise<unknown>,
): RepairForm {
  return {
    name,
    package: bridge,
    recognizes: isOfKind(kind),
    async repair(module, json, _settings, place) {
      const thread = JSON.parse(json) as SerializedThread;
      try {
        await read({ module, json, thread, memory: memoryStore({ maxThreadBytes: MAX_BYTES }), place });
      } catch (error) {
        throw unreadable(error);
      }
      return { thread: json, changes: [] };
    },
  };
}

function isOfKind(kind: string): RepairForm["recognizes"] {
  return (thread) => thread["format"] === THREAD_FORMAT && thread["kind"] === kind;
}

/** Returns the error of a thread that its bridge cannot read, or the error of a store that has failed. */
function unreadable(error: unknown): unknown {
  const isStores = ThreadStoreError.is(error);
  if (isStores && error.code !== "CORRUPT") return error;
  const code = isError(error) && "code" in error ? error.code : undefined;
  // Serializers throw errors without a code, whose messages can contain contents.
  if (code !== undefined && code !== "INVALID_ARGUMENT" && !isStores) return error;
  const message = isStores ? "A thread that it refers to is corrupt." : "It cannot be read.";
  return Object.assign(new Error(message, { cause: error }), { code: "THREAD_INVALID", path: "$" });
}

const MAX_BYTES = 256 * 1024 * 1024;

type AiSdk = typeof import("@threadstore/ai-sdk");
type Adk = typeof import("@threadstore/adk");
type Claude = typeof import("@threadstore/claude-agent-sdk");
type Genkit = typeof import("@threadstore/genkit");
type LangGraph = typeof import("@threadstore/langgraph");
type Mastra = typeof import("@threadstore/mastra");
type MicrosoftAgents = typeof import("@threadstore/microsoft-agents");
type Strands = typeof import("@threadstore/strands");

const CLAUDE = { name: "@threadstore/claude-agent-sdk", with: ["@anthropic-ai/claude-agent-sdk"] };
const TRANSCRIPT = "claude-agent-transcript";

/** Reads the entries of a transcript without its segments, which are separate threads. */
async function readTranscript({ module, thread, memory }: Read): Promise<void> {
  const { claudeSessionStore } = module as Claude;
  const alone: SerializedThread = { ...thread, kind: TRANSCRIPT, segments: [] };
  await memory.namespace(NAME).save(NAME, alone);
  await claudeSessionStore({ store: memory }).load({ projectKey: NAME, sessionId: NAME });
}

async function readSnapshot({ module, json, thread, memory }: Read): Promise<void> {
  const { threadSessionStore } = module as Genkit;
  const { snapshot } = thread;
  const id =
    typeof snapshot === "object" && snapshot !== null && "snapshotId" in snapshot ? snapshot.snapshotId : "";
  const snapshotId = typeof id === "string" && id !== "" && id.length <= MAX_NAME_LENGTH ? id : NAME;
  await memory.namespace("snapshots").save(snapshotId, json);
  await threadSessionStore({ store: memory }).getSnapshot({ snapshotId });
}

/** Longer names are stored under their digest. */
const MAX_NAME_LENGTH = 100;

async function readSession({ module, json, memory }: Read): Promise<void> {
  const { ThreadStoreSessionService } = module as Adk;
  await memory.namespace(NAME).namespace(NAME).save(NAME, json);
  const service = new ThreadStoreSessionService({ store: memory });
  await service.getSession({ appName: NAME, userId: NAME, sessionId: NAME });
}

async function readValue({ module, json, memory }: Read): Promise<void> {
  const { strandsStorage } = module as Strands;
  await memory.save(NAME, json);
  await strandsStorage({ store: memory }).read(NAME);
}

async function readItem({ module, thread, memory }: Read): Promise<void> {
  const { threadStorage } = module as MicrosoftAgents;
  // The key is the name that the item is read by.
  await memory.save(NAME, { ...thread, ...(typeof thread["key"] === "string" ? { key: NAME } : {}) });
  await threadStorage({ store: memory }).read([NAME]);
}

async function readMemory({ module, json, memory }: Read): Promise<void> {
  const { ThreadStoreMemory } = module as Mastra;
  const mastra = new ThreadStoreMemory({ store: memory });
  const now = new Date();
  await mastra.saveThread({ thread: { id: NAME, resourceId: NAME, createdAt: now, updatedAt: now } });
  await memory.namespace("resources").namespace(NAME).save(NAME, json, { overwrite: true });
  await mastra.listMessages({ threadId: NAME, perPage: false });
}

/** Reads a checkpoint with its values and pending writes, which are separate threads. */
async function readCheckpoint({ module, thread, place }: Read): Promise<void> {
  const { ThreadStoreSaver } = module as LangGraph;
  const [parent, threadId] = place?.namespaces.slice(-2) ?? [];
  // The values of a checkpoint can only be found through the namespaces that contain it.
  if (place === undefined || parent !== "checkpoints" || threadId === undefined) return;
  const saver = new ThreadStoreSaver({ store: viewOf(place.root, place.namespaces.slice(0, -2)) });
  const { ns, id } = thread;
  await saver.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: ns, checkpoint_id: id } });
}

const MODEL_MESSAGES: RepairForm = {
  name: "model messages of the AI SDK",
  package: { name: "@threadstore/ai-sdk", with: ["ai"] },
  recognizes: isOfKind("ai-sdk-model-messages"),
  // A load returns the repaired messages. A save under another name stores them in their new form.
  async repair(module, json) {
    const { modelMessageStore } = module as AiSdk;
    const memory = memoryStore({ maxThreadBytes: MAX_BYTES });
    const messageStore = modelMessageStore({ store: memory });
    await memory.save(NAME, json);
    const conversation = await messageStore.load(NAME);
    if (conversation === undefined || conversation.findings.length === 0)
      return { thread: json, changes: [] };
    await messageStore.save(REPAIRED, conversation.messages);
    const repaired = await memory.load(REPAIRED);
    return { thread: repaired?.json ?? json, changes: conversation.findings };
  },
};

/** The forms that bridges read. */
export const BRIDGE_FORMS: readonly RepairForm[] = [
  MODEL_MESSAGES,
  readable("transcripts of the Claude Agent SDK", CLAUDE, TRANSCRIPT, readTranscript),
  readable("transcripts of the Claude Agent SDK", CLAUDE, "claude-agent-segment", readTranscript),
  readable(
    "snapshots of Genkit",
    { name: "@threadstore/genkit", with: ["genkit"] },
    "genkit-snapshot",
    readSnapshot,
  ),
  readable(
    "sessions of the ADK",
    { name: "@threadstore/adk", with: ["@google/adk"] },
    "adk-session",
    readSession,
  ),
  readable(
    "values of Strands Agents",
    { name: "@threadstore/strands", with: ["@strands-agents/sdk"] },
    "strands-value",
    readValue,
  ),
  readable(
    "items of the Microsoft 365 Agents SDK",
    { name: "@threadstore/microsoft-agents", with: ["@microsoft/agents-hosting"] },
    "microsoft-agents-item",
    readItem,
  ),
  readable(
    "threads of Mastra",
    { name: "@threadstore/mastra", with: ["@mastra/core"] },
    "mastra-thread",
    readMemory,
  ),
  readable(
    "checkpoints of LangGraph",
    { name: "@threadstore/langgraph", with: ["@langchain/langgraph", "@langchain/langgraph-checkpoint"] },
    "langgraph-checkpoint",
    readCheckpoint,
  ),
];
