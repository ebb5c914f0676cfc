import { ThreadStoreError } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";

// Deliberately independent of the validation in core, so that the suite's baseline verifies the contract on its own.

export function invalidArgument(message: string, path?: string): ThreadStoreError {
  return new ThreadStoreError("INVALID_ARGUMENT", message, { path });
}

/** Returns the JSON text of a thread that was passed to `save`. */
export function textOfThread(thread: unknown): string {
  if (typeof thread === "string") return checkedText(thread);
  if (hasTextParts(thread)) {
    const parts: readonly unknown[] = thread[TEXT_PARTS]();
    if (!parts.every((part) => typeof part === "string"))
      throw invalidArgument("The text parts must be strings.");
    return checkedText(parts.join(""));
  }
  if (!isObject(thread)) throw invalidArgument("The thread must be an object or its JSON text.");
  const path = firstInvalidPath(thread);
  if (path !== undefined)
    throw invalidArgument("The thread contains a value that JSON cannot represent.", path);
  try {
    return JSON.stringify(thread);
  } catch (error) {
    if (error instanceof RangeError) throw invalidArgument("The thread is nested too deeply.");
    throw error;
  }
}

function checkedText(text: string): string {
  if (!text.isWellFormed()) throw invalidArgument("The text must not contain lone surrogates.");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidArgument("The text must be JSON.");
    throw error;
  }
  if (!isObject(value)) throw invalidArgument("The text must be that of a JSON object.");
  return text;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Returns the JSON path of the first value that JSON cannot represent exactly. Iterates level by level, because
 * recursion could overflow the call stack.
 */
function firstInvalidPath(root: object): string | undefined {
  let level: JsonNode[] = [{ value: root, path: "$", parent: undefined }];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw invalidArgument("The thread is nested too deeply.");
    const nextLevel: JsonNode[] = [];
    for (const node of level) {
      if (isLeaf(node.value)) continue;
      if (!isPlain(node.value) || isCircular(node)) return node.path;
      for (const [name, value] of membersOf(node.value)) {
        const path = Array.isArray(node.value) ? `${node.path}[${name}]` : `${node.path}.${name}`;
        nextLevel.push({ value, path, parent: node });
      }
    }
    level = nextLevel;
  }
  return undefined;
}

const MAX_DEPTH = 3000;

interface JsonNode {
  readonly value: unknown;
  readonly path: string;
  readonly parent: JsonNode | undefined;
}

function isLeaf(value: unknown): boolean {
  if (value === null || typeof value === "boolean") return true;
  return typeof value === "string" ? value.isWellFormed() : Number.isFinite(value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Object.getOwnPropertySymbols(value).length > 0)
    return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return Object.keys(value).every((name) => name.isWellFormed());
}

function isCircular({ value, parent }: JsonNode): boolean {
  for (let node = parent; node !== undefined; node = node.parent) if (node.value === value) return true;
  return false;
}

/** Returns the members of a container. Holes in arrays are `undefined`. */
function membersOf(container: object): Iterable<[string | number, unknown]> {
  return Array.isArray(container) ? container.entries() : Object.entries(container);
}
