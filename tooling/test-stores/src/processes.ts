import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Starts a program that calls `untilStarted` of `child.ts`, and waits until it is ready. */
export async function startChild(program: URL, parameters: readonly string[]): Promise<ChildProcess> {
  const child = fork(fileURLToPath(program), parameters, { execArgv: [] });
  const [first] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
  return child;
}

/** Lets children run at the same time. Resolves with their exit codes. */
export async function runTogether(children: readonly ChildProcess[]): Promise<unknown[]> {
  const ends = children.map((child) => once(child, "exit"));
  for (const child of children) child.send("go");
  return (await Promise.all(ends)).map(([code]) => code as unknown);
}

/** When to kill a child. */
export interface Kill {
  /** After this many messages, which it sends when it begins a change and when it has ended. */
  readonly messages: number;
  /** At a random moment of this time after that, in milliseconds: about as long as a change takes. */
  readonly withinMs: number;
}

/** Lets a child run, and kills it unless it has finished by then. Resolves with all messages that it sent. */
export async function runAndKill<Message>(
  child: ChildProcess,
  { messages: count, withinMs }: Kill,
): Promise<Message[]> {
  const messages: Message[] = [];
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  child.on("message", (message) => {
    messages.push(message as Message);
    if (messages.length === count) reach();
  });
  // The messages that it sent before it was killed arrive before the second event.
  const [ended, drained] = [once(child, "exit"), once(child, "disconnect")];
  child.send("go");
  await Promise.race([reached, ended]);
  await wait(Math.random() * withinMs);
  child.kill("SIGKILL");
  const [[code, signal]] = (await Promise.all([ended, drained])) as [[unknown, unknown], unknown];
  const hasFinished = code === 0 && messages.length >= count;
  if (signal !== "SIGKILL" && !hasFinished) {
    throw new Error(
      `The child process ended with ${String(signal ?? code)} after ${messages.length} messages.`,
    );
  }
  return messages;
}

/** Returns an odd number of messages up to this limit: the last one says that a change has begun. */
export function randomBeginning(limit: number): number {
  return 2 * Math.floor((Math.random() * limit) / 2) + 1;
}
