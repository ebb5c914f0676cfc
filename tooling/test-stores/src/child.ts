import { once } from "node:events";
import { promisify } from "node:util";

/** Sends a message to the parent process. Resolves once it was sent, so that it arrives even if this process is killed. */
export async function report(message: object | string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: object | string, sent: () => void) => void)(message);
}

/** Tells the parent process that this one is ready, and waits until it says "go". */
export async function untilStarted(): Promise<void> {
  const go = once(process, "message");
  await report("ready");
  await go;
}
