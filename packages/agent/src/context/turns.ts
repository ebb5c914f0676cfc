import { invalidValue } from "../agent-error.ts";

/** Returns whether a message instructs the model instead of being part of the dialog. */
export function isInstruction(message: object): boolean {
  const role = roleOf(message);
  return role === "system" || role === "developer";
}

/**
 * Returns the indexes at which turns start: the first message, and each user message after a message of another role.
 * A cut at these indexes never separates a tool call from its result.
 */
export function findTurns(messages: readonly object[]): number[] {
  const starts: number[] = [];
  let previousRole: unknown;
  messages.forEach((message, index) => {
    if (isInstruction(message)) return;
    const role = roleOf(message);
    if (starts.length === 0 || (role === "user" && previousRole !== "user")) starts.push(index);
    previousRole = role;
  });
  return starts;
}

/** Returns the messages from an index on, together with the instructions before it. */
export function keepFrom<Message extends object>(messages: readonly Message[], from: number): Message[] {
  return messages.filter((message, index) => index >= from || isInstruction(message));
}

/** Throws `INVALID_ARGUMENT` unless the value is an integer of at least `minimum`. */
export function requireInteger(value: unknown, path: string, minimum: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= minimum) return;
  throw invalidValue("INVALID_ARGUMENT", path, `an integer of at least ${minimum}`, value);
}

// Messages of every kind have a role. Calls and results may be items without one.
function roleOf(message: object): unknown {
  return (message as { readonly role?: unknown }).role;
}
