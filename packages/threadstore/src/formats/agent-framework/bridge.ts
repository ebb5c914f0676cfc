import type { SerializedThread, StoredThread } from "@threadstore/core";
import { THREAD_FORMAT } from "@threadstore/core/documents";
import { isAgentFrameworkThread } from "../../wire-forms/agent-framework-thread.ts";
import type { Problem, TransferContext } from "../transfer-format.ts";

export type Bridge = typeof import("@threadstore/agent-framework");
export type Shape = NonNullable<NonNullable<Parameters<Bridge["writeAgentFrameworkThread"]>[1]>["to"]>;
type ReportEntry = ReturnType<Bridge["readAgentFrameworkThread"]>["report"][number];

export const PACKAGE = { name: "@threadstore/agent-framework" };

/** The member in which the bridge keeps what chat agents do not need. */
const PRESERVED = "agentFramework";

/**
 * How a thread is stored: `chat`, converted for the agents of this project, or `kept` as Agent Framework wrote it;
 * `undefined` for any other thread.
 */
export function storedForm({ thread }: Pick<StoredThread, "thread">): "chat" | "kept" | undefined {
  if (thread["format"] === THREAD_FORMAT) return thread["kind"] === "chat" ? "chat" : undefined;
  return isAgentFrameworkThread(thread) ? "kept" : undefined;
}

/** Returns the shape in which Agent Framework wrote a converted thread. */
export function originalShape(thread: SerializedThread): unknown {
  const preserved = thread[PRESERVED];
  return typeof preserved === "object" && preserved !== null && "shape" in preserved
    ? preserved.shape
    : undefined;
}

/**
 * Entries for contents that a conversion cannot keep, or that need an action of the user. Other entries only describe
 * the conversion.
 */
const ATTENTION: readonly ReportEntry["kind"][] = ["elsewhere", "lost", "repair"];

/** Reports the entries of a conversion that need attention. */
export function reportEntries(
  place: string,
  entries: readonly ReportEntry[],
  { report }: Pick<TransferContext, "report">,
): void {
  for (const { kind, path, message } of entries) {
    if (ATTENTION.includes(kind)) report({ place, path, message: `${kind}: ${message}` } satisfies Problem);
  }
}
