import type { SerializedThread } from "@threadstore/core";
import { isJsonObject, THREAD_FORMAT } from "@threadstore/core/documents";
import { objectsOf } from "../conversation/entry.ts";
import { langChainDrafts } from "../conversation/langchain-messages.ts";
import { isAgentFrameworkThread } from "./agent-framework-thread.ts";
import type { RepairForm } from "./wire-form.ts";

type OpenAI = typeof import("@threadstore/openai");
type Provider = NonNullable<Parameters<OpenAI["checkThread"]>[1]>["provider"];

function isOfKind(...kinds: readonly string[]): RepairForm["recognizes"] {
  return ({ format, kind }) => format === THREAD_FORMAT && typeof kind === "string" && kinds.includes(kind);
}

const AGENT_THREADS: RepairForm = {
  name: "threads of chat and responses agents",
  package: { name: "@threadstore/openai", with: ["openai"] },
  recognizes: isOfKind("chat", "responses"),
  async repair(module, json, { policy, provider }) {
    const { repairThread } = module as OpenAI;
    return repairThread(json, policy, { provider: provider as Provider });
  },
};

const SESSIONS: RepairForm = {
  name: "sessions of the OpenAI Agents SDK",
  package: { name: "@threadstore/openai-agents", with: ["@openai/agents"] },
  recognizes: isOfKind("openai-agents-items"),
  async repair(module, json, { policy, provider }) {
    const { repairSession } = module as typeof import("@threadstore/openai-agents");
    return repairSession(json, policy, { provider: provider as Provider });
  },
};

const CHATS: RepairForm = {
  name: "chats of the AI SDK",
  package: { name: "@threadstore/ai-sdk", with: ["ai"] },
  recognizes: isOfKind("ai-sdk-ui-messages"),
  repair: async (module, json) => (module as typeof import("@threadstore/ai-sdk")).repairConversation(json),
};

const LANGCHAIN: RepairForm = {
  name: "messages of LangChain",
  package: { name: "@threadstore/agent/langchain" },
  recognizes({ messages }) {
    const objects = objectsOf(messages);
    return (objects?.length ?? 0) > 0 && objects?.every(isStoredMessage) === true;
  },
  async repair(module, json, { policy }) {
    const { repairLangChainMessages } = module as typeof import("@threadstore/agent/langchain");
    const thread = JSON.parse(json) as SerializedThread;
    const { messages, changes } = repairLangChainMessages(thread["messages"], policy);
    return {
      thread: { ...thread, messages },
      changes: changes.map((change) => ({ ...change, path: `$.messages${change.path.slice(1)}` })),
    };
  },
};

/** Returns whether a message has one of the forms in which LangChain stores messages. */
function isStoredMessage(message: object): boolean {
  const isWrapped =
    ("kwargs" in message && "lc" in message) || ("data" in message && isJsonObject(message.data));
  return isWrapped && langChainDrafts(message as Parameters<typeof langChainDrafts>[0]) !== undefined;
}

const AGENT_FRAMEWORK: RepairForm = {
  name: "threads of Agent Framework",
  package: { name: "@threadstore/agent-framework" },
  recognizes: isAgentFrameworkThread,
  async repair(module, json, { policy }) {
    const { detectShape, repairAgentFrameworkThread } =
      module as typeof import("@threadstore/agent-framework");
    if (detectShape(json).messagesAt !== "thread") return { thread: json, changes: [] };
    const { text, changes } = repairAgentFrameworkThread(json, policy);
    return { thread: text, changes };
  },
};

/** The forms, of which the first that recognizes a thread repairs it. */
export const REPAIR_FORMS: readonly RepairForm[] = [
  AGENT_THREADS,
  SESSIONS,
  CHATS,
  LANGCHAIN,
  AGENT_FRAMEWORK,
];
