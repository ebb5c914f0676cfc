import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const CHILD_PROGRAM: string = fileURLToPath(
  new URL("processes-child.test-helper.ts", import.meta.url),
);

/** Starts a child process and waits until it is ready for its task. */
export async function startChild(task: string, path: string): Promise<ChildProcess> {
  const child = fork(CHILD_PROGRAM, [task, path], { execArgv: [] });
  const [message] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (message !== "ready") throw new Error(`The child process ended with ${String(message)}.`);
  return child;
}

/** Lets all children start at the same time and returns their exit codes. */
export async function runToEnd(children: ChildProcess[]): Promise<unknown[]> {
  const exits = children.map((child) => once(child, "exit"));
  for (const child of children) child.send("go");
  return (await Promise.all(exits)).map(([code]) => code as unknown);
}

/** Runs one task in a child process. */
export async function runTask(task: string, path: string): Promise<void> {
  const [code] = await runToEnd([await startChild(task, path)]);
  if (code !== 0) throw new Error(`The child process ended with ${String(code)}.`);
}
