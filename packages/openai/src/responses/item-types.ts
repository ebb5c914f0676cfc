import type { ResponseItem } from "./response-item.ts";

type ItemType = NonNullable<ResponseItem["type"]>;

/** The types of items that the API has, according to the `openai` package. */
const ITEM_TYPES: { readonly [Type in ItemType]: true } = {
  additional_tools: true,
  apply_patch_call: true,
  apply_patch_call_output: true,
  code_interpreter_call: true,
  compaction: true,
  compaction_trigger: true,
  computer_call: true,
  computer_call_output: true,
  configuration_update: true,
  custom_tool_call: true,
  custom_tool_call_output: true,
  file_search_call: true,
  function_call: true,
  function_call_output: true,
  image_generation_call: true,
  item_reference: true,
  local_shell_call: true,
  local_shell_call_output: true,
  mcp_approval_request: true,
  mcp_approval_response: true,
  mcp_call: true,
  mcp_list_tools: true,
  message: true,
  program: true,
  program_output: true,
  reasoning: true,
  shell_call: true,
  shell_call_output: true,
  tool_search_call: true,
  tool_search_output: true,
  web_search_call: true,
};

// The types that a later release of the API adds look like these.
const PLAUSIBLE_TYPE = /^[a-z]+(?:_[a-z]+)*_(?:call|output|reference|request|response|result|tools)$/;

/** Returns whether the API has, or may have in a later release, items of this type. */
export function isItemType(type: string): boolean {
  return Object.hasOwn(ITEM_TYPES, type) || PLAUSIBLE_TYPE.test(type);
}
