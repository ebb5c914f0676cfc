import { isError } from "@threadstore/core/documents";
import type { ToolCall } from "../thread/tool-call.ts";
import type { CallRecord } from "../thread/turn-record.ts";
import { ANY_NAME, findTool } from "./find-tool.ts";
import type { Tool, ToolContext } from "./tool.ts";

/** The content of a call's result. */
export interface ToolAnswer {
  readonly content: string;
  readonly isError: boolean;
}

/** The next step for a call. */
export type CallPlan =
  /** A person must approve or deny it. */
  | { readonly step: "wait" }
  /** The answer is known without running a tool. `called`: whether the model's call counts as a call of a tool. */
  | { readonly step: "answer"; readonly answer: ToolAnswer; readonly called: boolean }
  /** The tool must run. `run` never rejects: a failure becomes the answer. */
  | { readonly step: "run"; readonly run: () => Promise<ToolAnswer> };

// Enough for a sentence. A stack trace or an HTML page would only distract the model.
const MAX_FAILURE_LENGTH = 500;

/** The result of a call that may have run, and does not run again. */
export const INTERRUPTED =
  "This call was interrupted, and it is unknown whether it took effect. Check before calling again.";

/** The result of a call whose own result could not be stored. */
export const UNSAVED =
  "This call finished, but its result was too large to store. Ask for less, for example for a part.";

/**
 * Plans a call, of which a thread may contain a record. A faulty call is answered with the fault, for the model to
 * fix.
 */
export async function planCall(
  call: ToolCall,
  record: CallRecord | undefined,
  tools: ReadonlyMap<string, Tool>,
  context: ToolContext,
): Promise<CallPlan> {
  if (record?.state === "approval-needed") return { step: "wait" };
  if (record?.state === "denied") return answer(denial(record.reason), false);
  if (record?.state === "unsaved") return answer(UNSAVED, false);
  const tool = findTool(tools, call);
  if (tool === undefined) {
    const names = [...tools.values()].map(({ name }) => name).filter((name) => name !== ANY_NAME);
    const available = names.join(", ") || "none";
    return answer(`There is no tool ${JSON.stringify(call.name)}. Available tools: ${available}.`);
  }
  const isInterrupted = record?.state === "started";
  if (isInterrupted && tool.interrupted === "report") return answer(INTERRUPTED, false);
  const plan = await planToolCall(tool, call, isApproved(record), context);
  // Without a second run, its outcome stays unknown.
  return isInterrupted && plan.step === "answer" ? answer(INTERRUPTED, false) : plan;
}

/** The tool may not have required approval when the call started, so only a person's decision counts as one. */
export function isApproved(record: CallRecord | undefined): boolean {
  return record?.state === "approved" || record?.approved === true;
}

function denial(reason: string | undefined): string {
  return reason === undefined ? "This call was not approved." : `This call was not approved: ${reason}`;
}

async function planToolCall(
  tool: Tool,
  call: ToolCall,
  mayRun: boolean,
  context: ToolContext,
): Promise<CallPlan> {
  try {
    const prepared = await tool.prepare(call.arguments);
    if (!prepared.valid) return answer(`Invalid arguments: ${prepared.problems}`);
    if (!mayRun && (await prepared.needsApproval(context))) return { step: "wait" };
    return { step: "run", run: async () => runTool(prepared.run, context) };
  } catch (error) {
    return answer(`Tool failed: ${failureMessage(error)}`);
  }
}

async function runTool(
  run: (context: ToolContext) => Promise<unknown>,
  context: ToolContext,
): Promise<ToolAnswer> {
  try {
    return { content: toText(await run(context)), isError: false };
  } catch (error) {
    return failure(`Tool failed: ${failureMessage(error)}`);
  }
}

function answer(text: string, called = true): CallPlan {
  return { step: "answer", answer: failure(text), called };
}

function failure(text: string): ToolAnswer {
  const content = text.length > MAX_FAILURE_LENGTH ? `${text.slice(0, MAX_FAILURE_LENGTH)}…` : text;
  return { content: content.toWellFormed(), isError: true };
}

function toText(value: unknown): string {
  if (typeof value === "string") return value.toWellFormed();
  // Despite its type, stringify returns undefined for undefined and for functions.
  const json: string | undefined = JSON.stringify(value);
  return json ?? "null";
}

function failureMessage(error: unknown): string {
  if (isError(error) && error.message !== "") return error.message;
  return typeof error === "string" && error !== "" ? error : "unknown error";
}
