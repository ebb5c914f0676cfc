import { InterchangeError } from "../interchange-error.ts";
import { type JsonNode, objectNode, stringNode } from "../json/node.ts";
import { parseNode } from "../json/parse.ts";

/**
 * Converts a call's arguments to an object, as C# requires. In Python and Chat Completions, arguments are text,
 * which a model wrote and which may be anything. Text that is not an object becomes the member `raw`, as in Agent
 * Framework for Python.
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
