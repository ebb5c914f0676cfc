import type { ThreadKind } from "../thread/thread-kind.ts";
import { findOpenCalls } from "./response-calls.ts";
import { checkItems, isToolResult, type ResponseItem } from "./response-item.ts";

export const responsesThreadKind: ThreadKind<"responses", ResponseItem> = {
  kind: "responses",
  version: 1,
  checkMessages: checkItems,
  findOpenCalls,
  isToolResult,
};
