import { JSON_PROBLEMS, type JsonProblem } from "./json-problems.ts";
import { isPlainPrototype } from "./plain-object.ts";

/** Why a value is not strict JSON. */
export interface JsonIssue extends JsonProblem {
  /** The path of the value, such as `$.messages[3].createdAt`. The names of members may be content. */
  readonly path: string;
  /** The path without the names of members, such as `$.*[3].*`. */
  readonly shape: string;
}

/** An object or array that contains the value being checked. */
interface Frame {
  readonly container: object;
  /** `undefined` for an array, whose keys are its indices. */
  readonly keys: string[] | undefined;
  readonly values: readonly unknown[];
  next: number;
}

/**
 * Finds the first value in `root` that JSON would drop or change silently, or cannot represent; `undefined` if there
 * is none.
 */
export function findJsonIssue(root: unknown): JsonIssue | undefined {
  return isEvidentlyJson(root) && !hasEscapedSurrogate(JSON.stringify(root)) ? undefined : searchIssue(root);
}

/**
 * Returns whether JSON contains the escape of a lone surrogate, which is how `JSON.stringify` writes one. Also `true` for
 * text that looks the same. Searching the JSON is faster than looking at each string.
 */
export function hasEscapedSurrogate(json: string): boolean {
  return json.includes(String.raw`\ud`);
}

/** Deeper than threads are, and far less deep than the call stack. Also limits how far a cycle is followed. */
const EVIDENT_DEPTH = 100;

/**
 * Returns whether a quick recursive check proves that the value is strict JSON but for lone surrogates, which is so for
 * nearly all threads.
 */
export function isEvidentlyJson(value: unknown, depth: number = 0): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      if (value === null) return true;
      if (depth === EVIDENT_DEPTH) return false;
      return Array.isArray(value) ? isEvidentArray(value, depth + 1) : isEvidentObject(value, depth + 1);
    default:
      return false;
  }
}

function isEvidentArray(array: readonly unknown[], depth: number): boolean {
  if (Object.getPrototypeOf(array) !== Array.prototype || hasMember(array, "toJSON")) return false;
  // Neither holes, which are read as `undefined`, nor named members.
  for (let index = 0; index < array.length; index += 1) {
    if (!isEvidentlyJson(array[index], depth)) return false;
  }
  return Object.keys(array).length === array.length && hasNoSymbols(array);
}

function isEvidentObject(object: object, depth: number): boolean {
  if (Object.getPrototypeOf(object) !== Object.prototype || hasMember(object, "toJSON")) return false;
  // Also visits what other code may have added to `Object.prototype`, which is faster than a list of the own members.
  for (const name in object) {
    if (!isEvidentlyJson((object as Record<string, unknown>)[name], depth)) return false;
  }
  return hasNoSymbols(object);
}

function hasMember(value: object, name: string): boolean {
  return (value as Record<string, unknown>)[name] !== undefined;
}

function hasNoSymbols(value: object): boolean {
  return Object.getOwnPropertySymbols(value).length === 0;
}

/** Searches with an explicit stack, because a thread may be nested more deeply than calls can be. */
function searchIssue(root: unknown): JsonIssue | undefined {
  const frames: Frame[] = [];
  const open = new Set<object>();
  let value = root;
  for (;;) {
    const problem = problemOf(value, open);
    if (problem !== undefined) return { ...problem, path: pathOf(frames), shape: shapeOf(frames) };
    if (typeof value === "object" && value !== null) {
      const frame = frameOf(value);
      if ("reason" in frame) return { ...frame, path: pathOf(frames), shape: shapeOf(frames) };
      frames.push(frame);
      open.add(value);
    }
    let top = frames.at(-1);
    while (top !== undefined && top.next === top.values.length) {
      open.delete(top.container);
      frames.pop();
      top = frames.at(-1);
    }
    if (top === undefined) return undefined;
    value = top.values[top.next];
    top.next += 1;
  }
}

function problemOf(value: unknown, open: ReadonlySet<object>): JsonProblem | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : JSON_PROBLEMS.loneSurrogate;
    case "number":
      return Number.isFinite(value) ? undefined : JSON_PROBLEMS.notFinite(value);
    case "boolean":
      return undefined;
    case "object":
      return value !== null && open.has(value) ? JSON_PROBLEMS.cycle : undefined;
    case "undefined":
      return JSON_PROBLEMS.undefined;
    case "bigint":
      return JSON_PROBLEMS.bigint;
    default:
      return JSON_PROBLEMS.notData(typeof value);
  }
}

/** Returns the values in a container that are still to be checked, or why the container is not plain. */
function frameOf(container: object): Frame | JsonProblem {
  if (Object.getOwnPropertySymbols(container).length > 0) return JSON_PROBLEMS.symbolName;
  const prototype: object | null = Object.getPrototypeOf(container);
  if (Array.isArray(container)) {
    // `Array.from` turns holes into `undefined`, which is then reported with its index.
    if (Object.keys(container).some((key, index) => key !== String(index) && !isIndex(key, container))) {
      return JSON_PROBLEMS.namedMembers;
    }
    // The prototype of an array of any realm is an array itself; that of a subclass is not.
    if (!Array.isArray(prototype)) return JSON_PROBLEMS.arraySubclass;
    if (hasToJson(container)) return JSON_PROBLEMS.toJson;
    return { container, keys: undefined, values: Array.from(container), next: 0 };
  }
  if (!isPlainPrototype(prototype)) return JSON_PROBLEMS.classInstance(className(prototype));
  const keys = Object.keys(container);
  if (!keys.every((key) => key.isWellFormed())) return JSON_PROBLEMS.loneSurrogateInName;
  // As a member, the method is reported with its path.
  if (hasToJson(container) && !keys.includes("toJSON")) return JSON_PROBLEMS.toJson;
  return { container, keys, values: Object.values(container), next: 0 };
}

/** Returns whether `JSON.stringify` would store the result of a method, perhaps inherited, instead of the value. */
function hasToJson(value: object): boolean {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function isIndex(key: string, array: readonly unknown[]): boolean {
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && index < array.length && String(index) === key;
}

function className(prototype: object | null): string {
  const constructor: unknown = prototype?.constructor;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "a class";
}

function pathOf(frames: readonly Frame[]): string {
  let path = "$";
  for (const { keys, next } of frames) {
    const index = next - 1;
    const key = keys?.[index];
    if (key === undefined) path += `[${index}]`;
    else path += /^[A-Za-z_$][\w$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  }
  return path;
}

function shapeOf(frames: Frame[]): string {
  return `$${frames.map(({ keys, next }) => (keys === undefined ? `[${next - 1}]` : ".*")).join("")}`;
}
