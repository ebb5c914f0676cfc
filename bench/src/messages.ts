import { randomBytes } from "node:crypto";

/** A Chat Completions message. */
export interface Message {
  readonly role: "assistant" | "tool" | "user";
  readonly content: string | null;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly type: "function";
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

/** Returns text that no backend or disk can compress well. */
function text(length: number): string {
  return randomBytes(Math.ceil(length / 2))
    .toString("hex")
    .slice(0, length);
}

/** Returns one turn: a question of 200 bytes, an answer of 800, and in every third turn a tool call of 2 KB. */
export function turnMessages(turn: number): readonly Message[] {
  const question = { role: "user", content: text(200) } as const;
  const answer = { role: "assistant", content: text(800) } as const;
  if (turn % 3 !== 0) return [question, answer];
  const id = `call_${turn}`;
  const call = { id, type: "function", function: { name: "look", arguments: "{}" } } as const;
  return [
    question,
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: id, content: text(1900) },
    answer,
  ];
}

/** Returns complete turns that add up to about `bytes` of JSON. */
export function messagesOfSize(bytes: number): readonly Message[] {
  const messages: Message[] = [];
  let size = 0;
  for (let turn = 1; size < bytes; turn += 1) {
    const added = turnMessages(turn);
    size += JSON.stringify(added).length;
    messages.push(...added);
  }
  return messages;
}
