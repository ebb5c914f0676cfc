import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { hasSystemErrorCode, isSystemError } from "./system-error.ts";

function errorOfNode(): unknown {
  try {
    return readFileSync("/does/not/exist");
  } catch (error) {
    return error;
  }
}

const details = { code: "ENOENT", syscall: "open" };

test.each<[string, unknown]>([
  ["an error of Node.js", errorOfNode()],
  ["an error of another realm", Object.assign(runInNewContext("new Error('x')") as object, details)],
  ["an object with the members of an error", { name: "Error", message: "x", ...details }],
])("%s is a system error", (_description, value) => {
  expect(isSystemError(value)).toBe(true);
  expect(hasSystemErrorCode(value, "EEXIST", "ENOENT")).toBe(true);
  expect(hasSystemErrorCode(value, "EEXIST")).toBe(false);
  expect(hasSystemErrorCode(value)).toBe(false);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["text", "ENOENT"],
  ["an ordinary error", new Error("ENOENT")],
  ["an error without a system call", Object.assign(new Error("x"), { code: "ENOENT" })],
  ["an error without a code", Object.assign(new Error("x"), { syscall: "open" })],
  ["an error with a number", Object.assign(new Error("x"), { code: 2, syscall: "open" })],
  ["the members of no error", details],
])("%s is not a system error", (_description, value) => {
  expect(isSystemError(value)).toBe(false);
  expect(hasSystemErrorCode(value, "ENOENT")).toBe(false);
});
