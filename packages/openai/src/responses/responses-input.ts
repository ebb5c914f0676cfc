import { AgentError } from "@threadstore/agent";
import { copyJson, unexpected } from "@threadstore/agent/provider";
import { findOpenCalls } from "./response-calls.ts";
import { checkItems, type ResponseItem } from "./response-item.ts";

/** What a run is given: the user's text, or one or more items in the wire form of the Responses API. */
export type ResponsesInput = string | ResponseItem | readonly ResponseItem[];

/** The input as items, copied and checked, so that a store can keep whatever a run adds to a thread. */
export function readResponsesInput(input: ResponsesInput): ResponseItem[] {
  const code = "INVALID_ARGUMENT";
  if (typeof input === "string") {
    const content = copyJson(input, { code }, "input");
    return checkItems([{ type: "message", role: "user", content }], "input", code);
  }
  const given: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (given.length === 0) throw unexpected(code, "input", "at least one item");
  const items = checkItems(copyJson(given, { code }, "input"), "input", code);
  const open = findOpenCalls(items, "input", code);
  if (open.calls.length === 0) return items;
  throw new AgentError(code, `${open.path}: this function call has no output behind it.`, {
    path: open.path,
  });
}
