import { fork } from "node:child_process";
import { once } from "node:events";
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import type { ScriptedMessage } from "../scripted-agent.test-helper.ts";
import { performTask, type Task } from "./process-child.test-helper.ts";

/** Runs a task in a child process. Resolves with its exit code or the signal that killed it. */
export async function runChild(location: StoreLocation, task: Task): Promise<NodeJS.Signals | number | null> {
  return runProgram("process-child", JSON.stringify(location), JSON.stringify(task));
}

/** Runs a task in this process, which takes half the CPU time of a child process, with a client that is new. */
export async function runHere(location: StoreLocation, task: Task): Promise<void> {
  await using store = await openStore(location);
  await performTask(store, task);
}

/** Runs a test helper of this folder in a child process. Resolves with its exit code or the signal that killed it. */
export async function runProgram(
  name: string,
  ...parameters: readonly string[]
): Promise<NodeJS.Signals | number | null> {
  const child = fork(new URL(`${name}.test-helper.ts`, import.meta.url), parameters, {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (code !== 0 && signal === null) throw new Error(errors);
  return signal ?? code;
}

/** Returns the messages of the conversation of {@link runChild}. */
export async function messagesIn(location: StoreLocation): Promise<ScriptedMessage[]> {
  await using store = await openStore(location);
  const stored = await store.load("c");
  return (stored?.thread as { messages: ScriptedMessage[] } | undefined)?.messages ?? [];
}

/** Deletes the lease of a process that was killed, instead of waiting until it expires. */
export async function deleteLease(location: StoreLocation, id = "c"): Promise<void> {
  await using store = await openStore(location);
  await store.namespace("threadstore-leases").delete(id);
}
