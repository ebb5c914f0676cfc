import { AgentError } from "../agent-error.ts";

/** Whether a message instructs the model, rather than being part of what was said. */
export function isInstruction(message: object): boolean {
  const role = roleOf(message);
  return role === "system" || role === "developer";
}

/**
 * Where the turns begin: with the first message, and where the user speaks after somebody else did. No call is
 * parted from its result there.
 */
export function findTurns(messages: readonly object[]): number[] {
  const starts: number[] = [];
  let before: unknown = "nobody";
  messages.forEach((message, index) => {
    if (isInstruction(message)) return;
    const role = roleOf(message);
    if (before === "nobody" || (role === "user" && before !== "user")) starts.push(index);
    before = role;
  });
  return starts;
}

/** The messages from an index on, and the instructions before it. */
export function keepFrom<Message extends object>(messages: readonly Message[], from: number): Message[] {
  return messages.filter((message, index) => index >= from || isInstruction(message));
}

/** Throws `INVALID_ARGUMENT` unless the value is a whole number from `minimum` on. */
export function checkCount(value: unknown, path: string, minimum: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= minimum) return;
  throw new AgentError("INVALID_ARGUMENT", `${path}: expected a whole number from ${minimum}.`, { path });
}

// Messages of all kinds of agents have it, where they are messages; calls and results may have none.
function roleOf(message: object): unknown {
  return (message as { readonly role?: unknown }).role;
}
