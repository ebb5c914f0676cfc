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
export function copyJson(value: unknown, rules: CopyRules, path = "$", depth = 0): JsonValue {
  if (depth > maximumDepth) throw unexpected(rules.code, path, `at most ${maximumDepth} levels of nesting`);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return copyText(value, rules, path);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown, index) => copyJson(item, rules, `${path}[${index}]`, depth + 1));
  }
  if (isPlainObject(value)) {
    // Object.fromEntries defines members, so that one called __proto__ stays a member.
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => {
          const memberPath = path + memberSuffix(name);
          return [copyText(name, rules, path), copyJson(member, rules, memberPath, depth + 1)];
        }),
    );
  }
  throw unexpected(rules.code, path, "a JSON value", value);
}

function copyText(text: string, rules: CopyRules, path: string): string {
  if (text.isWellFormed()) return text;
  if (rules.mendText === true) return text.toWellFormed();
  throw unexpected(rules.code, path, "well-formed Unicode (a lone surrogate cannot be stored)");
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
