import { mismatchMessage } from "@threadstore/core/documents";
import { type InterchangeError, invalidThread } from "../interchange-error.ts";
import { type JsonNode, shallowValue } from "./node.ts";

/** Creates the error for a part of a thread that violates a requirement, such as `a string`. */
export function invalidNode(
  path: string,
  requirement: string,
  ...node: [node?: JsonNode | undefined]
): InterchangeError {
  const value: [value?: unknown] = node.length === 0 ? [] : [shallowValue(node[0])];
  return invalidThread(path, mismatchMessage(path, requirement, ...value));
}
