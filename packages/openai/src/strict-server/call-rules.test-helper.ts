import {
  invalidRequest,
  isObject,
  missing,
  type Message,
  type Rejection,
  wrongType,
} from "./request.test-helper.ts";

/** A kind of call as the Responses API pairs it with its output. */
interface CallPair {
  readonly call: string;
  readonly output: string;
  /** The words for the call in the service's errors. */
  readonly words: string;
}

const PAIRS: readonly CallPair[] = [
  { call: "function_call", output: "function_call_output", words: "function call" },
  // https://github.com/diegosouzapw/OmniRoute/issues/8946
  { call: "custom_tool_call", output: "custom_tool_call_output", words: "custom tool call" },
  // https://github.com/openai/openai-agents-python/pull/1855, which also says that the output needs a call_id.
  { call: "local_shell_call", output: "local_shell_call_output", words: "local shell call" },
  { call: "shell_call", output: "shell_call_output", words: "shell call" },
  { call: "apply_patch_call", output: "apply_patch_call_output", words: "apply patch call" },
  { call: "computer_call", output: "computer_call_output", words: "computer call" },
  { call: "tool_search_call", output: "tool_search_output", words: "tool search call" },
];

/**
 * The members without which the API rejects an item, by its type: those that openai 7.57 requires, and the id in
 * https://community.openai.com/t/issue-with-maintaining-conversation-state-with-responses-api/1373183.
 */
const REQUIRED: { readonly [type: string]: readonly string[] } = {
  apply_patch_call: ["call_id", "operation", "status"],
  apply_patch_call_output: ["call_id", "status"],
  code_interpreter_call: ["id", "container_id"],
  computer_call: ["id", "call_id", "pending_safety_checks"],
  computer_call_output: ["call_id", "output"],
  custom_tool_call: ["call_id", "name", "input"],
  custom_tool_call_output: ["call_id", "output"],
  file_search_call: ["id", "queries"],
  image_generation_call: ["id", "result"],
  local_shell_call: ["id", "call_id", "action"],
  local_shell_call_output: ["call_id", "output"],
  mcp_approval_request: ["id", "arguments", "name", "server_label"],
  mcp_approval_response: ["approval_request_id", "approve"],
  mcp_call: ["id", "arguments", "name", "server_label"],
  mcp_list_tools: ["id", "server_label", "tools"],
  shell_call: ["call_id", "action"],
  shell_call_output: ["call_id", "output"],
  web_search_call: ["id", "status"],
};

/** The prefixes of ids. Sources: https://github.com/openai/codex/issues/33176 and BigPizzaV3/CodexPlusPlus#1796. */
const ID_PREFIXES: { readonly [type: string]: string } = {
  custom_tool_call: "ctc",
  function_call: "fc",
  message: "msg",
  reasoning: "rs",
};

export function checkMembers(item: Message, path: string): Rejection | undefined {
  const { type = "message", id } = item;
  const required = REQUIRED[String(type)]?.find((member) => item[member] === undefined);
  if (required !== undefined) return missing(`${path}.${required}`);
  const rejection = checkOutcomes(item, path) ?? checkIdLength(item, path);
  if (rejection !== undefined) return rejection;
  const prefix = ID_PREFIXES[String(type)];
  if (prefix === undefined || typeof id !== "string" || id.startsWith(prefix)) return undefined;
  const text = `Invalid '${path}.id': '${id}'. Expected an ID that begins with '${prefix}'.`;
  return invalidRequest(text, `${path}.id`, "invalid_id_prefix");
}

/** The members that openai 7.57 requires of an outcome. */
function checkOutcomes({ type, output }: Message, path: string): Rejection | undefined {
  if (type !== "shell_call_output" || !Array.isArray(output)) return undefined;
  for (const [index, part] of (output as Message[]).entries()) {
    const outcomePath = `${path}.output[${index}].outcome`;
    const { outcome } = part;
    if (!isObject(outcome)) return wrongType(outcomePath, "an object", outcome);
    if (outcome["type"] === undefined) return missing(`${outcomePath}.type`);
    if (outcome["type"] === "timeout") continue;
    if (outcome["type"] !== "exit") {
      return invalidRequest(
        `Invalid value for '${outcomePath}.type'.`,
        `${outcomePath}.type`,
        "invalid_value",
      );
    }
    if (!Number.isSafeInteger(outcome["exit_code"])) {
      return wrongType(`${outcomePath}.exit_code`, "an integer", outcome["exit_code"]);
    }
  }
  return undefined;
}

/** https://github.com/can1357/oh-my-pi/issues/284 and https://github.com/mweinbach/open-grok/pull/23 */
function checkIdLength({ type, id }: Message, path: string): Rejection | undefined {
  if (REQUIRED[String(type)]?.includes("id") !== true || typeof id !== "string") return undefined;
  if (id === "") {
    const text = `Invalid '${path}.id': empty string. Expected a string with minimum length 1, but got an empty string instead.`;
    return invalidRequest(text, `${path}.id`, "empty_string");
  }
  if (id.length <= 64) return undefined;
  const text = `Invalid '${path}.id': string too long. Expected a string with maximum length 64, but got a string with length ${id.length} instead.`;
  return invalidRequest(text, `${path}.id`, "string_above_max_length");
}

/** Requires one output of its kind for each call, and a call for each output. */
export function checkPairs(items: readonly Message[]): Rejection | undefined {
  for (const { call, output, words } of PAIRS) {
    const called = new Set<unknown>();
    const open = new Set<unknown>();
    for (const { type, call_id: id } of items) {
      if (typeof id !== "string") continue;
      if (type === call) {
        called.add(id);
        open.add(id);
      } else if (type === output) {
        open.delete(id);
        if (called.has(id)) continue;
        return invalidRequest(`No tool call found for ${words} output with call_id ${id}.`, "input");
      }
    }
    const [id] = open;
    if (open.size > 0) return invalidRequest(`No tool output found for ${words} ${String(id)}.`, "input");
  }
  return checkApprovals(items);
}

/** In the words of https://community.openai.com/t/1365706, and of clients that look for them in errors. */
function checkApprovals(items: readonly Message[]): Rejection | undefined {
  const requests = new Set<unknown>();
  const open = new Set<unknown>();
  for (const { type, id, approval_request_id: answeredId } of items) {
    if (type === "mcp_approval_request") open.add(id);
    if (type === "mcp_approval_request") requests.add(id);
    if (type !== "mcp_approval_response") continue;
    open.delete(answeredId);
    if (requests.has(answeredId)) continue;
    return invalidRequest(
      `The following MCP approval requests have approval responses but weren't passed as input: ${String(answeredId)}`,
      "input",
    );
  }
  const [id] = open;
  if (open.size === 0) return undefined;
  return invalidRequest(
    `The following MCP approval requests do not have an approval: ${String(id)}`,
    "input",
  );
}
