import { show } from "../suite/expectations.ts";
import { range } from "./parallel.ts";

/** What the process was told while the work ran and a while after: warnings, and failures nobody handled. */
export async function complaintsDuring(work: () => Promise<void>): Promise<string[]> {
  const complaints: string[] = [];
  const onWarning = ({ name, message }: Error): void => {
    // Node's own word on a module that the store uses, once a process: nothing that a call left behind.
    if (name !== "ExperimentalWarning") complaints.push(`warning: ${name} ${message}`);
  };
  const onRejection = (reason: unknown): void => void complaints.push(`unhandled rejection: ${show(reason)}`);
  const onException = (error: unknown): void => void complaints.push(`uncaught: ${show(error)}`);
  process.on("warning", onWarning);
  process.on("uncaughtException", onException);
  process.on("unhandledRejection", onRejection);
  try {
    await work();
    // Both are told after the microtasks of the turn in which they arose.
    for (const _ of range(10)) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("warning", onWarning);
    process.off("uncaughtException", onException);
    process.off("unhandledRejection", onRejection);
  }
  return complaints;
}
