import { checkMembers, checkPairs } from "./call-rules.test-helper.ts";
import { invalidRequest, isObject, wrongType, type Message, type Rejection } from "./request.test-helper.ts";

/** Returns the rejection of a request by the Responses API of OpenAI and Azure; `undefined` if they accept it. */
export function findResponsesRejection(request: {
  readonly [member: string]: unknown;
}): Rejection | undefined {
  const input = request["input"];
  if (typeof input === "string") return undefined;
  if (!Array.isArray(input)) return wrongType("input", "one of a string or array of objects", input);
  const items = input as unknown[];
  for (const [index, item] of items.entries()) {
    const rejection = checkItem(item, `input[${index}]`);
    if (rejection !== undefined) return rejection;
  }
  return checkPairs(items as Message[]);
}

// The API lists its types. These are the words that end them.
const TYPE =
  /^(?:message|reasoning|compaction|program|configuration_update|compaction_trigger|[a-z_]+_(?:call|output|reference|request|response|result|tools))$/;

function checkItem(item: unknown, path: string): Rejection | undefined {
  if (!isObject(item)) return wrongType(path, "an object", item);
  const { type = "message" } = item;
  if (typeof type !== "string" || !TYPE.test(type)) {
    return invalidRequest(`Invalid value for '${path}.type'.`, `${path}.type`, "invalid_value");
  }
  const rejection = checkMembers(item, path);
  if (rejection !== undefined) return rejection;
  if (type === "message") return checkMessage(item, path);
  if (type === "function_call") {
    for (const name of ["call_id", "name", "arguments"]) {
      if (typeof item[name] !== "string") return wrongType(`${path}.${name}`, "a string", item[name]);
    }
  }
  if (type === "function_call_output") {
    const { output } = item;
    if (typeof output !== "string" && !Array.isArray(output)) {
      return wrongType(`${path}.output`, "one of a string or array of objects", output);
    }
    if (typeof item["call_id"] !== "string") return wrongType(`${path}.call_id`, "a string", item["call_id"]);
  }
  const { call_id: id } = item;
  if (typeof id !== "string" || id.length <= 64) return undefined;
  const text = `Invalid '${path}.call_id': string too long. Expected a string with maximum length 64, but got a string with length ${id.length} instead.`;
  return invalidRequest(text, `${path}.call_id`, "string_above_max_length");
}

function checkMessage({ role, content, status }: Message, path: string): Rejection | undefined {
  if (!["completed", "in_progress", "incomplete", undefined].some((known) => known === status)) {
    return invalidRequest(`Invalid value for '${path}.status'.`, `${path}.status`, "invalid_value");
  }
  if (!["assistant", "system", "developer", "user"].some((known) => known === role)) {
    const found = typeof role === "string" ? role : "";
    const text = `Invalid value: '${found}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`;
    return invalidRequest(text, path, "invalid_value");
  }
  if (Array.isArray(content)) return checkParts(content, role === "assistant", `${path}.content`);
  if (typeof content === "string") return undefined;
  return wrongType(`${path}.content`, "one of an array of objects or string", content);
}

const INPUT_TYPES = ["input_text", "input_image", "input_audio", "input_file"];

/** https://github.com/MervinPraison/PraisonAI/issues/3934 */
function checkParts(parts: readonly unknown[], isOutput: boolean, path: string): Rejection | undefined {
  const types = isOutput ? ["output_text", "refusal"] : INPUT_TYPES;
  for (const [index, part] of parts.entries()) {
    const partPath = `${path}[${index}]`;
    if (!isObject(part)) return wrongType(partPath, "an object", part);
    const { type, text } = part;
    if (!types.some((known) => known === type)) {
      const supported = types.map((known) => `'${known}'`).join(", ");
      const message = `Invalid value: '${String(type)}'. Supported values are: ${supported}.`;
      return invalidRequest(message, `${partPath}.type`, "invalid_value");
    }
    if (String(type).endsWith("_text") && typeof text !== "string")
      return wrongType(`${partPath}.text`, "a string", text);
  }
  return undefined;
}
