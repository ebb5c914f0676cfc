import type { Thread } from "@threadstore/agent";
import type { ThreadKind } from "@threadstore/agent/provider";
import { checkItems, isToolResult, type ResponseItem } from "./response-item.ts";
import { findOpenCalls } from "./response-tool-calls.ts";
import { RESPONSES_WIRE_FORM } from "./responses-wire-form.ts";

/** A conversation with a responses agent. Its messages are items in the wire form of the Responses API. */
export interface ResponsesThread extends Thread<ResponseItem> {
  readonly kind: "responses";
}

export const RESPONSES_THREAD_KIND: ThreadKind<"responses", ResponseItem> = {
  kind: "responses",
  version: 1,
  packageName: "@threadstore/openai",
  wireForm: RESPONSES_WIRE_FORM,
  checkMessages: checkItems,
  findOpenCalls,
  isToolResult,
};
