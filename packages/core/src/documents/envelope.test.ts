import { describe, expect, it } from "vitest";
import type { JsonValue } from "../thread-store.ts";
import { type Envelope, type EnvelopeProblem, readEnvelope, THREAD_FORMAT } from "./envelope.ts";

const thread = { format: THREAD_FORMAT, version: 1, kind: "chat", messages: [] };

function read(document: {
  readonly [member: string]: JsonValue | undefined;
}): Envelope<"chat" | "responses"> {
  return readEnvelope(document, {
    kinds: { chat: 1, responses: 2 },
    packageName: "@threadstore/example",
    error: (problem) => Object.assign(new Error(problem.message), problem),
  });
}

function problemOf(change: { readonly [member: string]: JsonValue | undefined }): EnvelopeProblem {
  try {
    read({ ...thread, ...change });
  } catch (error) {
    return error as Error & EnvelopeProblem;
  }
  throw new Error("The document was read.");
}

describe("readEnvelope", () => {
  it("returns the kind, the version and the other members", () => {
    expect(read(thread)).toEqual({ kind: "chat", version: 1, members: { messages: [] } });
    expect(read({ ...thread, kind: "responses", version: 2 })).toMatchObject({
      kind: "responses",
      version: 2,
    });
  });

  it.each<[JsonValue | undefined, string]>([
    [undefined, '`$.format` must be "threadstore.thread", but is missing.'],
    [1, '`$.format` must be "threadstore.thread", but is a number.'],
    ["secret", '`$.format` must be "threadstore.thread".'],
  ])("rejects a document of format %j", (format, message) => {
    expect(problemOf({ format })).toMatchObject({ reason: "not-a-thread", path: "$.format", message });
  });

  it("rejects a kind that is not a string", () => {
    expect(problemOf({ kind: null })).toMatchObject({
      reason: "invalid-kind",
      path: "$.kind",
      message: '`$.kind` must be "chat" or "responses", but is null.',
    });
  });

  it.each(["other", "toString"])("rejects the kind %j", (kind) => {
    expect(problemOf({ kind })).toMatchObject({
      reason: "other-kind",
      path: "$.kind",
      message: `\`$.kind\` must be "chat" or "responses", but is "${kind}".`,
    });
  });

  it.each([undefined, "1", 0, 1.5, 1e300])("rejects the version %j", (version) => {
    const problem = problemOf({ version });
    expect(problem).toMatchObject({ reason: "invalid-version", path: "$.version" });
    expect(problem.message).toContain("must be a positive integer");
  });

  it("asks to update the package for a version that is too new for the kind", () => {
    expect(problemOf({ version: 2 })).toMatchObject({
      reason: "too-new",
      path: "$.version",
      message:
        "This thread has format version 2, but this release of @threadstore/example only reads versions up to 1. Update the package.",
    });
  });
});
