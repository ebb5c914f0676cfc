import type { ThreadKind } from "@threadstore/agent/provider";
import { findOpenCalls } from "./response-calls.ts";
import { checkItems, isToolResult, type ResponseItem } from "./response-item.ts";
import { responsesWire } from "./responses-wire.ts";

export const responsesThreadKind: ThreadKind<"responses", ResponseItem> = {
  kind: "responses",
  version: 1,
  wire: responsesWire,
  checkMessages: checkItems,
  findOpenCalls,
  isToolResult,
};
