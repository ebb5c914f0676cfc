import type { SerializedThread } from "@threadstore/core";
import { createChatAgent, defineTool, type Thread } from "@threadstore/openai";
import OpenAI from "openai";
import type { Message } from "../messages.ts";
import type { Conversation, Client, ModelClient } from "./client.ts";

/** A thread of an agent whose model replies with given messages. */
export interface AgentThread {
  /** Runs one turn, made of these messages. */
  readonly add: (messages: readonly Message[]) => Promise<void>;
  readonly serialize: () => Promise<SerializedThread>;
}

export function agentThread(kind: ModelClient): AgentThread {
  let answers: Message[] = [];
  let result: string | null = null;
  const client = createModelClient(kind, () => completionOf(answers.shift()));
  const look = defineTool({ name: "look", run: () => result });
  const agent = createChatAgent({ client, model: "bench", tools: [look] });
  const thread: Thread = agent.getNewThread();
  return {
    async add(messages) {
      answers = messages.filter(({ role }) => role === "assistant");
      result = messages.find(({ role }) => role === "tool")?.content ?? null;
      await agent.run(messages[0]?.content ?? "", thread as Parameters<typeof agent.run>[1]);
    },
    serialize: async () => thread.serialize(),
  };
}

function createModelClient(kind: ModelClient, answer: () => object): OpenAI {
  if (kind === "direct") {
    // Agents use no other method of the client.
    return { chat: { completions: { create: async () => answer() } } } as unknown as OpenAI;
  }
  const fetch = async (): Promise<Response> => Response.json(answer());
  return new OpenAI({ apiKey: "none", baseURL: "http://model.invalid", fetch });
}

/**
 * Starts a conversation whose turns an agent runs, also for clients that bring no agent: the code that runs between
 * saves leaves garbage and cold caches for all of them.
 */
export function withAgent(client: Client, id: string, modelClient: ModelClient = "direct"): Conversation {
  const conversation = client.conversation(id, modelClient);
  if (client.savesAlone === true || conversation.runsAgent === true) return conversation;
  const { add } = agentThread(modelClient);
  return {
    async add(messages) {
      await add(messages);
      await conversation.add(messages);
    },
    runsAgent: true,
    save: () => conversation.save(),
  };
}

function completionOf(message: Message | undefined): object {
  if (message === undefined) throw new Error("The agent called its model more often than expected.");
  const finish = message.tool_calls === undefined ? "stop" : "tool_calls";
  return {
    id: "completion",
    object: "chat.completion",
    created: 0,
    model: "bench",
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
  };
}
