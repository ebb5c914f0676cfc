import type { JsonValue } from "@threadstore/core";
import { isJsonObject, THREAD_FORMAT } from "@threadstore/core/documents";
import { RequestProblem } from "./problem.ts";

/**
 * Returns whether an agent or a bridge wrote the thread. The messages are not always the last member of such a thread,
 * and parts of it, such as an open turn, must not exist twice.
 */
export function isAgentThread(thread: { readonly [member: string]: JsonValue | undefined }): boolean {
  return thread["format"] === THREAD_FORMAT;
}

/** Returns whether a document that has not been validated, or its JSON, is the thread of an agent. */
export function isAgentDocument(document: object | string): boolean {
  if (typeof document !== "string") return "format" in document && document.format === THREAD_FORMAT;
  try {
    const value = JSON.parse(document) as JsonValue;
    return isJsonObject(value) && isAgentThread(value);
  } catch {
    return false;
  }
}

export function agentThreadProblem(detail: string): RequestProblem {
  return new RequestProblem("AGENT_THREAD", detail);
}
