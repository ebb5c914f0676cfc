// The child process of processes.test.ts. Saves the turns of a session until it is killed, and reports each one.
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import type { MessageData, SessionStore } from "genkit/beta";
import { threadSessionStore } from "./index.ts";
import { save } from "./snapshot.test-helper.ts";

/** The work of the child process. */
export interface WriterTask {
  readonly location: StoreLocation;
  readonly sessionId: string;
  /** The index of the first turn. */
  readonly from: number;
  readonly parentId?: string;
}

/** Returns the id of the snapshot that the writer saves after a turn. */
export function turnId(sessionId: string, index: number): string {
  return `${sessionId}-turn-${index}`;
}

/** The messages of a session after a turn, in the form of Genkit. */
export function messagesAfter(index: number): MessageData[] {
  return Array.from({ length: index + 1 }, (_, turn): MessageData[] => [
    { role: "user", content: [{ text: `question ${turn}` }] },
    { role: "model", content: [{ text: `answer ${turn}` }] },
  ]).flat();
}

/** Saves the snapshot of a turn. Every second turn is detached: it is first pending, and then saved as its own parent. */
export async function saveTurn(
  sessions: SessionStore,
  sessionId: string,
  index: number,
  parentId: string | undefined,
): Promise<string> {
  const id = turnId(sessionId, index);
  const state = { sessionId, messages: messagesAfter(index) };
  const turn = { sessionId, state, createdAt: new Date().toISOString(), ...(parentId && { parentId }) };
  if (index % 2 === 1) {
    await save(sessions, { ...turn, status: "pending" }, id);
    return save(sessions, { ...turn, parentId: id }, id);
  }
  return save(sessions, turn, id);
}

async function report(message: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function write({ location, sessionId, from, parentId }: WriterTask): Promise<void> {
  await using store = await openStore(location);
  const sessions = threadSessionStore({ store: store.namespace("genkit") });
  let last = parentId;
  for (let index = from; ; index += 1) {
    last = await saveTurn(sessions, sessionId, index, last);
    await report(String(index));
  }
}

const [task] = process.argv.slice(2);
if (task?.startsWith("{") === true) await write(JSON.parse(task) as WriterTask);
