import type { JsonValue } from "@threadstore/core";
import { SessionError, unexpected } from "./session-error.ts";

/** A JSON object. */
export type JsonObject = { [member: string]: JsonValue };

// Deeper values would exhaust the stack of JSON.stringify when the thread is saved or sent.
const maximumDepth = 1000;

/**
 * A copy of an argument that shares nothing with it and is strict JSON. As in JSON.stringify, a member that is
 * `undefined` is left out. A lone surrogate, which neither stores nor providers take, becomes U+FFFD. Anything else
 * that JSON cannot hold is refused with its path.
 */
export function plainJson(value: unknown, path: string, depth = 0): JsonValue {
  if (depth > maximumDepth) {
    throw new SessionError("INVALID_ARGUMENT", `${path}: nested more than ${maximumDepth} levels deep.`, {
      path,
    });
  }
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) {
    return Array.from(value, (entry: unknown, index) => plainJson(entry, `${path}[${index}]`, depth + 1));
  }
  if (isPlainObject(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    // Object.fromEntries defines members, so that one called __proto__ stays a member.
    return Object.fromEntries(
      members.map(([name, member]) => {
        return [name.toWellFormed(), plainJson(member, `${path}${suffixOf(name)}`, depth + 1)];
      }),
    );
  }
  const remedy = value instanceof Uint8Array ? "a JSON value (bytes go in as a data URL)" : "a JSON value";
  throw unexpected("INVALID_ARGUMENT", path, remedy, value);
}

function suffixOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name.toWellFormed())}]`;
}

// Of whichever realm: a vm context's or a test runner's objects have an Object.prototype of their own.
function isPlainObject(value: unknown): value is { [member: string]: unknown } {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as text that is the same for equal values, however their members are ordered. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_name, member: JsonValue) => {
    if (!isJsonObject(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
