import { isPlainObject } from "../validation/plain-object.ts";

// Names come from outside. Longer ones would bury the rest of a message.
const MAX_NAME_LENGTH = 80;
const IDENTIFIER = /^[A-Za-z_$][\w$]{0,79}$/u;

/**
 * Returns the path of a member or an array element below `path`, such as `$.messages[3]` or `$["two words"]`. Names
 * of more than 80 characters are cut.
 */
export function memberPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return IDENTIFIER.test(key) ? `${path}.${key}` : `${path}[${quoteName(key)}]`;
}

/** Quotes a name for a message: well-formed, on one line and at most 80 characters of it. */
export function quoteName(name: string): string {
  return JSON.stringify(
    (name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name).toWellFormed(),
  );
}

/** Returns the kind of a value for a message, such as `an array`. Never its content, which may be confidential. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  if (value === "") return "an empty string";
  if (typeof value === "number") return kindOfNumber(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  if (value instanceof Uint8Array) return "a Uint8Array";
  return isPlainObject(value) ? "an object" : "a class instance";
}

function kindOfNumber(value: number): string {
  if (!Number.isFinite(value)) return "a non-finite number";
  if (!Number.isInteger(value)) return "a fractional number";
  if (value === 0) return "zero";
  return value < 0 ? "a negative number" : "a number";
}

/**
 * Returns the message for a value that violates a requirement:
 * `` `$.messages[3].role` must be a string, but is a number. ``
 *
 * @param requirement Completes "must be", such as `a string`.
 * @param value The offending value, of which only the kind is mentioned. Omit it if its kind is valid.
 */
export function mismatchMessage(path: string, requirement: string, ...value: [value?: unknown]): string {
  if (value.length === 0) return `\`${path}\` must be ${requirement}.`;
  const actual = value[0] === undefined ? "missing" : kindOf(value[0]);
  return `\`${path}\` must be ${requirement}, but is ${actual}.`;
}
