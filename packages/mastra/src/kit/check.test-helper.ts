import { randomUUID } from "node:crypto";
import type { MastraDBMessage, StorageThreadType } from "@mastra/core/memory";
import type { MemoryStorage } from "@mastra/core/storage";

/** Clients of the same memory: `open` returns another one, such as another process has. */
export interface KitMemory {
  readonly memory: MemoryStorage;
  readonly open: () => MemoryStorage;
}

/** A requirement of Mastra or of applications, to be tested on every store. */
export interface Check {
  readonly name: string;
  /** Whether the quick tests run it on every store. The others then run in memory and on SQLite only. */
  readonly quick?: true;
  readonly run: (kit: KitMemory) => Promise<void>;
}

/** The time of the first message. */
export const START: number = Date.UTC(2026, 0, 1);

/** Returns a time after {@link START}. */
export function at(second: number): Date {
  return new Date(START + second * 1000);
}

/** Returns a thread that no other test uses. */
export function newThread(members: Partial<StorageThreadType> = {}): StorageThreadType {
  const time = new Date(START);
  const names = { id: randomUUID(), resourceId: `ann ${randomUUID()}`, title: "" };
  return { ...names, createdAt: time, updatedAt: time, ...members };
}

/** Saves a thread that no other test uses. */
export async function savedThread(
  memory: MemoryStorage,
  members: Partial<StorageThreadType> = {},
): Promise<StorageThreadType> {
  return memory.saveThread({ thread: newThread(members) });
}

/** Returns a message of a thread, `second` seconds after the first one. */
export function newMessage(
  { id: threadId, resourceId }: Pick<StorageThreadType, "id" | "resourceId">,
  second: number,
  members: Partial<MastraDBMessage> = {},
): MastraDBMessage {
  const text = `message ${second}`;
  return {
    id: randomUUID(),
    threadId,
    resourceId,
    role: "user",
    createdAt: new Date(START + second * 1000),
    content: { format: 2, parts: [{ type: "text", text }], content: text },
    ...members,
  };
}

/** Saves messages, one a second, and returns them. */
export async function savedMessages(
  memory: MemoryStorage,
  thread: StorageThreadType,
  count: number,
): Promise<MastraDBMessage[]> {
  const messages = Array.from({ length: count }, (_, second) => newMessage(thread, second));
  await memory.saveMessages({ messages });
  return messages;
}

/** Returns the part of a message's content that an update changes, which the SDK's type requires as a whole. */
export function changedContent(content: Partial<MastraDBMessage["content"]>): MastraDBMessage["content"] {
  return content as MastraDBMessage["content"];
}

export function idsOf(items: readonly { readonly id: string }[]): string[] {
  return items.map(({ id }) => id);
}

export async function messageIds(memory: MemoryStorage, threadId: string): Promise<string[]> {
  return idsOf((await memory.listMessages({ threadId, perPage: false })).messages);
}
