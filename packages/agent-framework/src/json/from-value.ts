import { InterchangeError } from "../interchange-error.ts";
import { maximumDepth, tooDeep } from "./depth.ts";
import {
  arrayNode,
  booleanNode,
  memberPath,
  nullNode,
  stringNode,
  type JsonNode,
  type Member,
} from "./node.ts";
import { parseNode } from "./parse.ts";

/** Reads JSON that came as text or was parsed already. Throws `THREAD_INVALID` with the path. */
export function readJson(value: unknown): JsonNode {
  return typeof value === "string" ? parseNode(value) : fromValue(value, "$", 0);
}

/** A value of JavaScript as JSON. Members that are `undefined` are left out, as JSON.stringify does. */
function fromValue(value: unknown, path: string, depth: number): JsonNode {
  if (depth > maximumDepth) throw tooDeep("$");
  if (value === null) return nullNode;
  if (typeof value === "string") return stringNode(value);
  if (typeof value === "boolean") return booleanNode(value);
  if (typeof value === "number" && Number.isFinite(value))
    return { type: "number", text: JSON.stringify(value) };
  if (Array.isArray(value)) {
    return arrayNode(
      Array.from(value, (item: unknown, index) => fromValue(item, `${path}[${index}]`, depth + 1)),
    );
  }
  if (isPlainObject(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return {
      type: "object",
      members: members.map(([name, member]): Member => [
        name,
        fromValue(member, memberPath(path, name), depth + 1),
      ]),
    };
  }
  const message = `${path}: expected a value of JSON, found ${describeValue(value)}.`;
  throw new InterchangeError("THREAD_INVALID", message, { path });
}

function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "object" ? "an instance of a class" : `a ${typeof value}`;
}

function isPlainObject(value: unknown): value is { [member: string]: unknown } {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (a vm context, a test runner's) have that realm's Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
