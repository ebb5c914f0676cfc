import type { SerializedThread, StoredThread } from "@threadstore/core";
import { THREAD_FORMAT } from "@threadstore/core/documents";
import { importInstalled } from "../stores/import-package.ts";

/** Converts a thread of Agent Framework, if the package that knows its forms is installed. */
export async function fromAgentFramework(
  { json, thread }: Pick<StoredThread, "json" | "thread">,
  folder: string,
): Promise<SerializedThread | undefined> {
  if (thread["format"] === THREAD_FORMAT) return undefined;
  const bridge = await importInstalled<typeof import("@threadstore/agent-framework")>(
    "@threadstore/agent-framework",
    folder,
  );
  if (bridge === undefined) return undefined;
  const { InterchangeError, detectShape, readAgentFrameworkThread } = bridge;
  try {
    const { shape, messagesAt } = detectShape(json);
    if (shape === "threadstore" || messagesAt !== "thread") return undefined;
    return readAgentFrameworkThread(json).thread;
  } catch (error) {
    if (InterchangeError.is(error)) return undefined;
    throw error;
  }
}
