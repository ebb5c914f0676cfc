import { describe, expect, expectTypeOf, it } from "vitest";
import { type CodedError, defineErrorClass, type ErrorClass } from "./define-error-class.ts";

type ExampleCode = "BUSY" | "INVALID";

interface ExampleDetails {
  readonly path?: string | undefined;
  readonly unsaved?: readonly string[] | undefined;
  readonly cause?: unknown;
}

function defineExampleError(): ErrorClass<ExampleCode, ExampleDetails> {
  return defineErrorClass<ExampleCode, ExampleDetails>({
    name: "ExampleError",
    brand: "threadstore.test.example-error",
    codes: ["BUSY", "INVALID"],
    retryable: ["BUSY"],
    details: { path: "visible", unsaved: "hidden" },
  });
}

const ExampleError = defineExampleError();

describe("a defined error class", () => {
  it("creates errors with their code, details and cause", () => {
    const cause = new Error("cause");
    const error = new ExampleError("INVALID", "Invalid.", { path: "$.a", unsaved: ["secret"], cause });
    expect(error).toBeInstanceOf(ExampleError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "ExampleError", code: "INVALID", message: "Invalid.", path: "$.a" });
    expect(error.unsaved).toEqual(["secret"]);
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe("ExampleError: Invalid.");
  });

  it("does not set a cause that was not passed", () => {
    expect("cause" in new ExampleError("INVALID", "Invalid.")).toBe(false);
    expect("cause" in new ExampleError("INVALID", "Invalid.", { cause: undefined })).toBe(true);
  });

  it("marks only the retryable codes as retryable", () => {
    expect(ExampleError.codes.map((code) => new ExampleError(code, "").retryable)).toEqual([true, false]);
  });

  it("lists its codes, which cannot be changed", () => {
    expect(ExampleError.codes).toEqual(["BUSY", "INVALID"]);
    expect(Object.isFrozen(ExampleError.codes)).toBe(true);
  });

  it("hides hidden details and the cause from logs", () => {
    const details = { path: "$.a", unsaved: ["secret"], cause: new Error("secret") };
    const error = new ExampleError("BUSY", "Busy.", details);
    const data = { name: "ExampleError", code: "BUSY", message: "Busy.", retryable: true, path: "$.a" };
    expect(JSON.stringify(error)).toBe(JSON.stringify(data));
    expect(Object.keys(error)).not.toContain("unsaved");
  });
});

describe("is", () => {
  it("recognizes errors by class and code", () => {
    const error: unknown = new ExampleError("BUSY", "Busy.");
    expect(ExampleError.is(error)).toBe(true);
    expect(ExampleError.is(error, "BUSY")).toBe(true);
    expect(ExampleError.is(error, "INVALID")).toBe(false);
    for (const other of [undefined, null, "BUSY", {}, Object.assign(new Error("x"), { code: "BUSY" })]) {
      expect(ExampleError.is(other)).toBe(false);
    }
  });

  it("recognizes errors of another installed copy", () => {
    const OtherCopy = defineExampleError();
    const error = new OtherCopy("INVALID", "Invalid.");
    expect(error).not.toBeInstanceOf(ExampleError);
    expect(ExampleError.is(error, "INVALID")).toBe(true);
  });

  it("narrows the error's type to the code", () => {
    const error: unknown = new ExampleError("BUSY", "Busy.");
    if (ExampleError.is(error, "BUSY")) expectTypeOf(error.code).toEqualTypeOf<"BUSY">();
    if (!ExampleError.is(error)) return;
    expectTypeOf(error).toEqualTypeOf<CodedError<ExampleCode, ExampleDetails>>();
    expectTypeOf(error.path).toEqualTypeOf<string | undefined>();
    expectTypeOf(error.cause).toEqualTypeOf<unknown>();
    // @ts-expect-error The set of codes is closed.
    expect(ExampleError.is(error, "OTHER")).toBe(false);
  });
});
