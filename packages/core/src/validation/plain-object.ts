/**
 * Returns whether a value is an object that a literal creates: without a class, and not an array. Members that a value
 * inherits could otherwise be overlooked, or be taken for the caller's.
 */
export function isPlainObject(value: unknown): value is { [member: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return isPlainPrototype(Object.getPrototypeOf(value));
}

/** Returns whether a prototype is `null` or the `Object.prototype` of any realm, which has no prototype itself. */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty");
}
