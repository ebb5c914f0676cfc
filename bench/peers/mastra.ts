import { randomUUID } from "node:crypto";
import type { Subject, Client } from "../src/clients/client.ts";
import type { Message } from "../src/messages.ts";

const RESOURCE_ID = "bench";

/** Mastra's memory on libsql, which sets WAL and `synchronous = NORMAL`. */
export async function mastraMemory(file: (location: string) => string): Promise<Subject> {
  const { LibSQLStore } = await import("@mastra/libsql");
  const { Memory } = await import("@mastra/memory");
  return {
    name: "Mastra",
    role: "peer",
    async open(location): Promise<Client> {
      const storage = new LibSQLStore({ id: location, url: `file:${file(location)}` });
      await storage.init();
      const memory = new Memory({ storage, options: { lastMessages: false } });
      const begun = new Set<string>();
      const save = async (threadId: string, messages: readonly Message[]): Promise<void> => {
        if (!begun.has(threadId)) await memory.saveThread({ thread: threadOf(threadId) });
        begun.add(threadId);
        await memory.saveMessages({
          messages: messages.map((message) => messageOf(threadId, message)) as never,
        });
      };
      return {
        conversation(id) {
          let added: readonly Message[] = [];
          return { add: (messages) => void (added = messages), save: () => save(id, added) };
        },
        async load(threadId) {
          const { messages } = await memory.recall({ threadId, resourceId: RESOURCE_ID, perPage: false });
          if (messages.length === 0) throw new Error("The thread does not exist.");
          return messages;
        },
        async replace(id, { messages }) {
          if (begun.has(id)) await memory.deleteThread(id);
          begun.delete(id);
          await save(id, messages);
        },
        close: () => storage.close(),
      };
    },
  };
}

function threadOf(id: string): {
  id: string;
  resourceId: string;
  title: string;
  createdAt: Date;
  updatedAt: Date;
} {
  return { id, resourceId: RESOURCE_ID, title: "", createdAt: new Date(), updatedAt: new Date() };
}

/** Converts a message to Mastra's format, in which tool calls and results are parts of messages. */
function messageOf(
  threadId: string,
  { role, content, tool_calls: calls, tool_call_id: answered }: Message,
): object {
  const text = content ?? JSON.stringify(calls);
  const invocation = { state: "result", toolCallId: answered, toolName: "look", args: {}, result: text };
  const part =
    role === "tool" ? { type: "tool-invocation", toolInvocation: invocation } : { type: "text", text };
  return {
    id: randomUUID(),
    threadId,
    resourceId: RESOURCE_ID,
    role: role === "user" ? "user" : "assistant",
    createdAt: new Date(),
    content: { format: 2, parts: [part] },
  };
}
