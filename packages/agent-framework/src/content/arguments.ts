import { InterchangeError } from "../interchange-error.ts";
import { objectNode, stringNode, type JsonNode } from "../json/node.ts";
import { parseNode } from "../json/parse.ts";

/**
 * Arguments as C# holds them: an object. Python and Chat Completions have text, which a model wrote and which may
 * be anything; such text comes under the name `raw`, as Agent Framework for Python does it when it needs an object.
 */
export function argumentsToObject(text: string): { readonly value: JsonNode; readonly isWrapped: boolean } {
  if (text.trim() === "") return { value: objectNode([]), isWrapped: false };
  const parsed = tryParse(text);
  if (parsed?.type === "object") return { value: parsed, isWrapped: false };
  return { value: objectNode([["raw", parsed ?? stringNode(text)]]), isWrapped: true };
}

function tryParse(text: string): JsonNode | undefined {
  try {
    return parseNode(text);
  } catch (error) {
    if (InterchangeError.is(error, "THREAD_INVALID")) return undefined;
    throw error;
  }
}
