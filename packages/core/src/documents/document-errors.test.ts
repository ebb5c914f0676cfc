import { describe, expect, it } from "vitest";
import { memoryStore } from "../memory-store.ts";
import { defineErrorClass } from "./define-error-class.ts";
import { type DocumentErrorCode, documentErrors } from "./document-errors.ts";

const ExampleError = defineErrorClass<DocumentErrorCode, { readonly path?: string | undefined }>({
  name: "ExampleError",
  brand: "threadstore.example-error",
  codes: ["INVALID_ARGUMENT", "THREAD_INVALID", "THREAD_MISMATCH", "THREAD_TOO_NEW"],
  details: { path: "visible" },
});
const errors = documentErrors(ExampleError, { invalid: "Restore it.", mismatch: "Use another namespace." });

describe("documentErrors", () => {
  it.each([
    ["invalid-kind", "THREAD_MISMATCH", "Problem. Use another namespace."],
    ["not-a-thread", "THREAD_MISMATCH", "Problem. Use another namespace."],
    ["other-kind", "THREAD_MISMATCH", "Problem. Use another namespace."],
    ["invalid-version", "THREAD_INVALID", "Problem."],
    ["too-new", "THREAD_TOO_NEW", "Problem."],
  ] as const)("an envelope with the problem %s is %s", (reason, code, message) => {
    expect(errors.envelopeError({ reason, path: "$.kind", message: "Problem." })).toMatchObject({
      name: "ExampleError",
      code,
      message,
      path: "$.kind",
    });
  });

  it("tells callers what they passed, and operators what to do, without the value", () => {
    expect(errors.invalidArgument("key", "a string", 42)).toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "key",
      message: expect.not.stringContaining("42"),
    });
    expect(errors.invalidThread("$.items", "an array", "secret")).toMatchObject({
      code: "THREAD_INVALID",
      path: "$.items",
      message: expect.stringMatching(/^`\$\.items` must be an array(?!.*secret).+ Restore it\.$/u),
    });
  });

  it.each([
    ["", "a non-empty string"],
    [undefined, "a non-empty string"],
    [7, "a non-empty string"],
    ["\uD800", "well-formed Unicode"],
  ])("rejects the name %j", (name, requirement) => {
    expect(() => errors.checkedName(name, "key.id")).toThrow(requirement);
    expect(errors.checkedName("é", "key.id")).toBe("é");
  });

  it.each([
    undefined,
    null,
    {},
    { store: undefined },
    { store: null },
    { store: "threads.db" },
    { store: {} },
  ])("rejects the options %j, which have no store, and names the remedy", (options) => {
    expect(() => errors.checkedStore(options)).toThrow("`store` must be a ThreadStore. Create one");
  });

  it.each([
    ["onConflct", "onConflct", "`onConflct` is not an option."],
    ["a secret text", "options", "A member of the options is not an option."],
  ])("rejects the unknown option %j, with its path", (name, path, message) => {
    const check = () => errors.checkedStore({ store: memoryStore(), [name]: 1 }, { store: true });
    expect(check).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", path }));
    expect(check).toThrow(`${message} Correct its name, or remove it. The options are \`store\`.`);
  });

  it("returns the store of the options", () => {
    const store = memoryStore();
    expect(errors.checkedStore({ store })).toBe(store);
    expect(errors.checkedStore({ store, onConflict: "x" }, { store: true, onConflict: true })).toBe(store);
    expect(errors.checkedStore({ store, other: 1 })).toBe(store);
  });
});
