import type { StoredThread, ThreadStore } from "@threadstore/core";

/** How {@link growThread} grows a thread. */
export interface GrowthOptions {
  readonly id: string;
  readonly turns: number;
  /** Called with the thread after each turn. */
  readonly onTurn?: (stored: StoredThread, turn: number) => Promise<void> | void;
}

/**
 * Grows a thread turn by turn and saves it after each one: a question of 200 bytes, an answer of 800 and, every third
 * time, a tool call of 2 KB. After 200 turns the thread has some 350 KB. For tests that count the bytes that a store
 * sends and writes.
 */
export async function growThread(
  store: ThreadStore,
  { id, turns, onTurn }: GrowthOptions,
): Promise<StoredThread> {
  const messages: object[] = [];
  let stored: StoredThread | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    messages.push(...turnMessages(turn));
    stored = await store.save(id, { kind: "chat", messages }, { previous: stored });
    await onTurn?.(stored, turn);
  }
  if (stored === undefined) throw new TypeError("`turns` must be at least 1.");
  return stored;
}

function turnMessages(turn: number): object[] {
  const question = { role: "user", content: `${turn} `.padEnd(200, "question ") };
  const answer = { role: "assistant", content: `${turn} `.padEnd(800, "answer ") };
  if (turn % 3 !== 0) return [question, answer];
  const call = { id: `call_${turn}`, type: "function", function: { name: "look", arguments: "{}" } };
  const result = { role: "tool", tool_call_id: call.id, content: `${turn} `.padEnd(1900, "result ") };
  return [question, { role: "assistant", content: null, tool_calls: [call] }, result, answer];
}
