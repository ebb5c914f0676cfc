import { show } from "../suite/expectations.ts";
import { range } from "./parallel.ts";

/** Resolves with the warnings and unhandled errors of the process, during the work and shortly after. */
export async function warningsDuring(work: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const onWarning = ({ name, message }: Error): void => {
    // Node.js warns once about a module that the store uses. No call caused that.
    if (name !== "ExperimentalWarning") warnings.push(`warning: ${name} ${message}`);
  };
  const onRejection = (reason: unknown): void => void warnings.push(`unhandled rejection: ${show(reason)}`);
  const onException = (error: unknown): void => void warnings.push(`uncaught exception: ${show(error)}`);
  process.on("warning", onWarning);
  process.on("uncaughtException", onException);
  process.on("unhandledRejection", onRejection);
  try {
    await work();
    // Node.js reports both after the microtasks of the event loop's current phase.
    for (const _ of range(10)) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("warning", onWarning);
    process.off("uncaughtException", onException);
    process.off("unhandledRejection", onRejection);
  }
  return warnings;
}
