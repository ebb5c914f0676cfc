import { AgentError } from "@threadstore/agent";
import { copyJson, invalidValue } from "@threadstore/agent/provider";
import { checkItems, type ResponseItem } from "./response-item.ts";
import { findOpenCalls } from "./response-tool-calls.ts";

/** The input of a run: the user's text, or one or more items in the wire form of the Responses API. */
export type ResponsesInput = string | ResponseItem | readonly ResponseItem[];

/** Converts input to items, copied and validated. Throws `INVALID_ARGUMENT` with the path. */
export function readResponsesInput(input: ResponsesInput): ResponseItem[] {
  const rules = { code: "INVALID_ARGUMENT", path: "input" } as const;
  const { code } = rules;
  if (typeof input === "string") {
    const content = copyJson(input, rules);
    return checkItems([{ type: "message", role: "user", content }], "input", code);
  }
  const values: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (values.length === 0) throw invalidValue(code, "input", "at least one item");
  const items = checkItems(copyJson(values, rules), "input", code);
  const { calls, path } = findOpenCalls(items, "input", code);
  if (calls.length === 0) return items;
  throw new AgentError(code, `\`${path}\` is a call without an output.`, { path });
}
