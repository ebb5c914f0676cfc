import { createChatAgent, defineTool, type Thread } from "@threadstore/openai";
import OpenAI from "openai";
import type { Message } from "../turns.ts";
import type { Conversation, Keeper, ModelClient } from "./keeper.ts";

/** An agent's thread whose model says what it is told to. */
export interface AgentThread {
  /** Runs the turn that these messages are. */
  readonly add: (messages: readonly Message[]) => Promise<void>;
  readonly serializeParts: () => readonly string[];
}

export function agentThread(kind: ModelClient): AgentThread {
  let answers: Message[] = [];
  let result: string | null = null;
  const client = modelClient(kind, () => completionOf(answers.shift()));
  const look = defineTool({ name: "look", run: () => result });
  const agent = createChatAgent({ client, model: "bench", tools: [look] });
  const thread: Thread = agent.getNewThread();
  return {
    async add(messages) {
      answers = messages.filter(({ role }) => role === "assistant");
      result = messages.find(({ role }) => role === "tool")?.content ?? null;
      await agent.run(messages[0]?.content ?? "", thread as Parameters<typeof agent.run>[1]);
    },
    serializeParts: () => thread.serializeParts(),
  };
}

function modelClient(kind: ModelClient, answer: () => object): OpenAI {
  if (kind === "in place") {
    // An agent calls nothing else of a client.
    return { chat: { completions: { create: async () => answer() } } } as unknown as OpenAI;
  }
  const fetch = async (): Promise<Response> => Response.json(answer());
  return new OpenAI({ apiKey: "none", baseURL: "http://model.invalid", fetch });
}

/**
 * A conversation whose turns an agent runs, whoever keeps it: what runs between two saves leaves garbage and cold caches.
 */
export function withAgent(keeper: Keeper, id: string, client: ModelClient = "in place"): Conversation {
  const conversation = keeper.conversation(id, client);
  if (keeper.savesAlone === true || conversation.runsAgent === true) return conversation;
  const { add } = agentThread(client);
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
  if (message === undefined) throw new Error("The agent asked its model once too often.");
  const finish = message.tool_calls === undefined ? "stop" : "tool_calls";
  return {
    id: "completion",
    object: "chat.completion",
    created: 0,
    model: "bench",
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
  };
}
