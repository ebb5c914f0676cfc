import { describe, expect, test } from "vitest";
import { detectShape, InterchangeError, readAgentFrameworkThread } from "./index.ts";

function errorOf(act: () => unknown): InterchangeError {
  try {
    act();
  } catch (error) {
    if (InterchangeError.is(error)) return error;
    throw error;
  }
  throw new Error("No error was thrown.");
}

describe("detectShape", () => {
  test.each<[object, string, string]>([
    [{ storeState: null, conversationId: "x" }, "csharp-thread", "service"],
    [{ aiContextProviderState: { a: 1 } }, "csharp-thread", "none"],
    [{ chatHistoryProviderState: "key" }, "csharp-thread-renamed", "store"],
    [{ chatHistoryProviderState: { table: "t" } }, "csharp-thread-renamed", "store"],
    [{ stateBag: {} }, "csharp-session", "none"],
    [{ stateBag: null, conversationId: "" }, "csharp-session", "none"],
    [{ stateBag: {}, conversationId: "_agent_local_chat_history" }, "csharp-session", "none"],
    [{ type: "session" }, "python-session", "none"],
    [{ type: "agent_thread_state", chat_message_store_state: { thread_id: "t" } }, "python-thread", "store"],
    [{ format: "threadstore.thread", messages: [] }, "threadstore", "none"],
    [{ format: "threadstore.thread", messages: [{}], stateBagged: 1 }, "threadstore", "thread"],
  ])("recognizes %j", (value, shape, messagesAt) => {
    expect(detectShape(value)).toEqual({ shape, messagesAt });
    expect(detectShape(` ${JSON.stringify(value, undefined, 2)}\n`)).toEqual({ shape, messagesAt });
  });

  test.each<[name: string, value: unknown, code: string, found: string]>([
    ["a list", [], "SHAPE_UNKNOWN", "It is an array"],
    ["null", null, "SHAPE_UNKNOWN", "It is null"],
    ["a JSON string", '"x"', "SHAPE_UNKNOWN", "It is a string"],
    ["malformed JSON", "{", "THREAD_INVALID", "must be well-formed JSON"],
    ["undefined", undefined, "THREAD_INVALID", "is missing"],
    ["an empty object", {}, "SHAPE_UNKNOWN", "an empty object"],
    ["another type", { type: "workflow" }, "SHAPE_UNKNOWN", 'type "workflow"'],
    ["members", { messages: [], id: 1, "a b": 2 }, "SHAPE_UNKNOWN", "with the members messages, id."],
    ["data", { "my secret": 2 }, "SHAPE_UNKNOWN", "an object with other members"],
    ["a stored thread", { id: "1", json: "{}", thread: {} }, "SHAPE_UNKNOWN", "Pass its `thread` member"],
    [
      "two shapes",
      { stateBag: {}, storeState: {} },
      "SHAPE_UNKNOWN",
      "several shapes (csharp-session, csharp-thread)",
    ],
    ["an invalid state bag", { stateBag: [] }, "THREAD_INVALID", "`$.stateBag` must be an object"],
    [
      "invalid messages",
      { storeState: { messages: 1 } },
      "THREAD_INVALID",
      "`$.storeState.messages` must be an array",
    ],
  ])("rejects %s and describes it", (_name, value, code, found) => {
    const error = errorOf(() => detectShape(value as object));
    expect(error).toMatchObject({ name: "InterchangeError", code });
    expect(error.message).toContain(found);
    expect(error.message).not.toContain("my secret");
    expect(errorOf(() => readAgentFrameworkThread(value as object))).toMatchObject({ code });
  });

  test("recognizes this project's threads, which readAgentFrameworkThread rejects", () => {
    expect(errorOf(() => readAgentFrameworkThread({ format: "threadstore.thread" }))).toMatchObject({
      code: "SHAPE_UNKNOWN",
      message: expect.stringContaining("deserializeThread") as string,
    });
  });
});

test("errors are recognized by their class and code, and logged with their path", () => {
  const error = errorOf(() => detectShape({ storeState: { messages: 1 } }));
  expect(InterchangeError.is(error, "THREAD_INVALID")).toBe(true);
  expect(InterchangeError.is(error, "SHAPE_UNKNOWN")).toBe(false);
  expect(InterchangeError.is(new Error("x"))).toBe(false);
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: "InterchangeError",
    code: "THREAD_INVALID",
    message: error.message,
    retryable: false,
    path: "$.storeState.messages",
  });
  expect(InterchangeError.codes).toContain(error.code);
});
