import { ThreadStoreError } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";

// Written without core's own checks on purpose: the suite's baseline has to come to the same answers by itself.

export function invalid(message: string): ThreadStoreError {
  return new ThreadStoreError("INVALID_ARGUMENT", message);
}

/** The JSON text of what is passed to save. */
export function textOfThread(thread: unknown): string {
  if (typeof thread === "string") return checkedText(thread);
  if (hasTextParts(thread)) {
    const parts: readonly unknown[] = thread[TEXT_PARTS]();
    if (!parts.every((part) => typeof part === "string")) throw invalid("The parts of a text are strings.");
    return checkedText(parts.join(""));
  }
  if (!isObject(thread)) throw invalid("A thread is an object or its JSON text.");
  const path = firstOffence(thread);
  if (path !== undefined) throw invalid(`The thread has something that is not JSON at ${path}.`);
  try {
    return JSON.stringify(thread);
  } catch (error) {
    if (error instanceof RangeError) throw invalid("The thread is nested too deeply.");
    throw error;
  }
}

function checkedText(text: string): string {
  if (!text.isWellFormed()) throw invalid("The text has a lone surrogate.");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("The text is not JSON.");
    throw error;
  }
  if (!isObject(value)) throw invalid("The text is not that of an object.");
  return text;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The path of the first value that JSON would change. Goes level by level, since threads nest deeper than calls. */
function firstOffence(root: object): string | undefined {
  let level: Place[] = [{ value: root, path: "$", above: undefined }];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) throw invalid("The thread is nested too deeply.");
    const below: Place[] = [];
    for (const place of level) {
      if (isLeaf(place.value)) continue;
      if (!isPlain(place.value) || isWithin(place)) return place.path;
      for (const [name, value] of membersOf(place.value)) {
        const path = Array.isArray(place.value) ? `${place.path}[${name}]` : `${place.path}.${name}`;
        below.push({ value, path, above: place });
      }
    }
    level = below;
  }
  return undefined;
}

const deepest = 3000;

interface Place {
  readonly value: unknown;
  readonly path: string;
  readonly above: Place | undefined;
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

function isWithin({ value, above }: Place): boolean {
  for (let place = above; place !== undefined; place = place.above) if (place.value === value) return true;
  return false;
}

/** With the holes of arrays as undefined. */
function membersOf(container: object): Iterable<[string | number, unknown]> {
  return Array.isArray(container) ? container.entries() : Object.entries(container);
}
