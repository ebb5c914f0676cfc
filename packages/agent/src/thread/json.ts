import type { JsonValue } from "@threadstore/core";
import { AgentError, type AgentErrorCode } from "../agent-error.ts";

/** A JSON object. */
export type JsonObject = { [member: string]: JsonValue };

/** How {@link copyJson} deals with what JSON cannot hold. */
export interface CopyRules {
  /** The code of the error for whatever is refused. */
  readonly code: AgentErrorCode;
  /**
   * Replace lone surrogates, which no store can keep, with U+FFFD instead of refusing them.
   * @default false
   */
  readonly mendText?: boolean;
}

// Deeper values would exhaust the stack of JSON.stringify when the thread is sent or saved.
const maximumDepth = 1000;

/**
 * A copy of `value` that shares nothing with it and is strict JSON. Members that are `undefined` are left
 * out, as JSON.stringify does; anything else that JSON cannot hold is refused with its path.
 */
export function copyJson(value: unknown, rules: CopyRules, path = "$"): JsonValue {
  return copyValue(value, rules, path, 0);
}

/** Where a value is. It becomes text when there is something to say about it, which is seldom. */
type Place = string | { readonly above: Place; readonly key: number | string };

function copyValue(value: unknown, rules: CopyRules, place: Place, depth: number): JsonValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return copyText(value, rules, place);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) {
    throw unexpected(rules.code, describePlace(place), "a JSON value", value);
  }
  if (depth >= maximumDepth) {
    throw unexpected(rules.code, describePlace(place), `at most ${maximumDepth} levels of nesting`);
  }
  return isArray ? copyArray(value, rules, place, depth) : copyObject(value, rules, place, depth);
}

function copyArray(items: readonly unknown[], rules: CopyRules, place: Place, depth: number): JsonValue[] {
  const copy: JsonValue[] = [];
  for (let key = 0; key < items.length; key += 1) {
    copy.push(copyValue(items[key], rules, { above: place, key }, depth + 1));
  }
  return copy;
}

function copyObject(
  object: { readonly [member: string]: unknown },
  rules: CopyRules,
  place: Place,
  depth: number,
): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(object)) {
    const member = object[key];
    if (member === undefined) continue;
    const name = copyText(key, rules, place);
    const value = copyValue(member, rules, { above: place, key }, depth + 1);
    // Assigned, it would be the prototype.
    if (name === "__proto__") Object.defineProperty(copy, name, { ...ownMember, value });
    else copy[name] = value;
  }
  return copy;
}

const ownMember = { configurable: true, enumerable: true, writable: true };

function copyText(text: string, rules: CopyRules, place: Place): string {
  if (text.isWellFormed()) return text;
  if (rules.mendText === true) return text.toWellFormed();
  const expectation = "well-formed Unicode (a lone surrogate cannot be stored)";
  throw unexpected(rules.code, describePlace(place), expectation);
}

function describePlace(place: Place): string {
  if (typeof place === "string") return place;
  const { above, key } = place;
  return describePlace(above) + (typeof key === "number" ? `[${key}]` : memberSuffix(key));
}

/** A member's name as the end of a path: `.a`, `["a b"]`. */
export function memberSuffix(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name.toWellFormed())}]`;
}

/**
 * Freezes a value of JSON and everything in it, so that it can be handed out without a copy. What is frozen
 * already is taken to be so throughout.
 */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}

export function isPlainObject(value: unknown): value is { [member: string]: unknown } {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || isForeignObjectPrototype(prototype);
}

// Objects of another realm (a vm context, a test runner's) have that realm's Object.prototype.
function isForeignObjectPrototype(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The error for a value that is not what it should be: says where, what was expected, and what kind was found. */
export function unexpected(
  code: AgentErrorCode,
  path: string,
  expectation: string,
  ...found: [unknown?]
): AgentError {
  const ending = found.length === 0 ? "" : `, found ${describeKind(found[0])}`;
  return new AgentError(code, `${path}: expected ${expectation}${ending}.`, { path });
}

// The kind alone and never the value: a thread's content stays out of messages.
function describeKind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return isPlainObject(value) ? "an object" : "an instance of a class";
  return typeof value === "number" && !Number.isFinite(value)
    ? "a number that is not finite"
    : `a ${typeof value}`;
}

/** A name from outside, quoted for a message and cut to a length that a person reads. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…`.toWellFormed() : name);
}
