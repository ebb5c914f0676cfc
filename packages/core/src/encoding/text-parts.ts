/**
 * The key of a method that returns a thread's JSON in parts, whose concatenation is the text. Stores save an object
 * with this method from its parts, without walking or stringifying it. Leading parts that are unchanged since
 * `previous` are not read again, so the cost of a save is proportional to the addition.
 *
 * A registered symbol, so that two installed copies of this package agree on it.
 */
export const TEXT_PARTS: unique symbol = Symbol.for("threadstore.text-parts");

/** A thread that provides its JSON in parts. */
export interface TextParts {
  /** Returns the parts, in order. The same string must be the same text; the array may be reused. */
  [TEXT_PARTS](): readonly string[];
}

/** Returns whether `thread` provides its JSON in parts. */
export function hasTextParts(thread: unknown): thread is TextParts {
  return (
    typeof thread === "object" &&
    thread !== null &&
    TEXT_PARTS in thread &&
    typeof thread[TEXT_PARTS] === "function"
  );
}
