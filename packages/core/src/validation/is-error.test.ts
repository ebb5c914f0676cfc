import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { errorWithout } from "../runtime/error-without.ts";
import { networkFailureOf } from "../runtime/network-failure.ts";
import { isError } from "./is-error.ts";

class NamedError extends Error {
  override readonly name = "NamedError";
}

/** An error class as it was written before classes, like the one of better-sqlite3. */
function OldError(this: { message: string }, message: string): void {
  this.message = message;
}
Object.setPrototypeOf(OldError.prototype, Error.prototype);

test.each<[string, unknown]>([
  ["an error", new Error("x")],
  ["an error without a message", new Error()],
  ["an error of a subclass", new NamedError("x")],
  ["an error of an old class", Reflect.construct(OldError, ["x"])],
  ["an error of another realm", runInNewContext("new TypeError('x')")],
  ["an aborted signal's reason", AbortSignal.abort().reason],
  ["an error of Node.js", thrownBy(() => readFileSync("/does/not/exist"))],
])("%s is an error", (_description, value) => {
  expect(isError(value)).toBe(true);
});

test.each([
  [undefined],
  [null],
  ["Error: x"],
  [{}],
  [{ message: "x" }],
  [{ name: "x" }],
  [{ name: 1, message: 2 }],
  [() => new Error("x")],
])("%j is not an error", (value) => {
  expect(isError(value)).toBe(false);
});

test("a failed connection is recognized, and its request removed, in every realm", () => {
  const error: unknown = runInNewContext(
    "Object.assign(new Error('connect'), { code: 'ECONNREFUSED', request: 'secret' })",
  );
  expect(networkFailureOf(error)).toBe("unreachable");
  if (!isError(error)) throw new TypeError("This is not an error.");
  expect(errorWithout(error, "request")).not.toHaveProperty("request");
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
