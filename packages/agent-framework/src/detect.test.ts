import { describe, expect, test } from "vitest";
import { detectShape, InterchangeError, interchangeErrorCodes, readAgentFrameworkThread } from "./index.ts";

function refusal(act: () => unknown): InterchangeError {
  try {
    act();
  } catch (error) {
    if (InterchangeError.is(error)) return error;
    throw error;
  }
  throw new Error("not refused");
}

describe("a shape", () => {
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
  ])("%j", (value, shape, messagesAt) => {
    expect(detectShape(value)).toEqual({ shape, messagesAt });
    expect(detectShape(` ${JSON.stringify(value, undefined, 2)}\n`)).toEqual({ shape, messagesAt });
  });

  test.each<[name: string, value: unknown, code: string, found: string]>([
    ["a list", [], "SHAPE_UNKNOWN", "found an array"],
    ["null", null, "SHAPE_UNKNOWN", "found null"],
    ["text in JSON", '"x"', "SHAPE_UNKNOWN", "found a string"],
    ["no JSON", "{", "THREAD_INVALID", "not well-formed JSON"],
    ["nothing", undefined, "THREAD_INVALID", "found nothing"],
    ["an empty object", {}, "SHAPE_UNKNOWN", "an empty object"],
    ["another type", { type: "workflow" }, "SHAPE_UNKNOWN", 'found type "workflow"'],
    ["members", { messages: [], id: 1, "a b": 2 }, "SHAPE_UNKNOWN", "an object with messages, id."],
    ["data", { "my secret": 2 }, "SHAPE_UNKNOWN", "an object with no such member"],
    ["a stored thread", { id: "1", json: "{}", thread: {} }, "SHAPE_UNKNOWN", "pass its `thread` member"],
    [
      "two shapes",
      { stateBag: {}, storeState: {} },
      "SHAPE_UNKNOWN",
      "several shapes (csharp-session, csharp-thread)",
    ],
    ["a state bag that is none", { stateBag: [] }, "THREAD_INVALID", "$.stateBag: expected an object"],
    [
      "messages that are none",
      { storeState: { messages: 1 } },
      "THREAD_INVALID",
      "$.storeState.messages: expected a list",
    ],
  ])("is not in %s, which is said", (_name, value, code, found) => {
    const error = refusal(() => detectShape(value as object));
    expect(error).toMatchObject({ name: "InterchangeError", code });
    expect(error.message).toContain(found);
    expect(error.message).not.toContain("my secret");
    expect(refusal(() => readAgentFrameworkThread(value as object))).toMatchObject({ code });
  });

  test("of this project's own is not read again", () => {
    expect(refusal(() => readAgentFrameworkThread({ format: "threadstore.thread" }))).toMatchObject({
      code: "SHAPE_UNKNOWN",
      message: expect.stringContaining("deserializeThread") as string,
    });
  });
});

test("errors know each other, and say in a log what and where", () => {
  const error = refusal(() => detectShape({ storeState: { messages: 1 } }));
  expect(InterchangeError.is(error, "THREAD_INVALID")).toBe(true);
  expect(InterchangeError.is(error, "SHAPE_UNKNOWN")).toBe(false);
  expect(InterchangeError.is(new Error("x"))).toBe(false);
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: "InterchangeError",
    code: "THREAD_INVALID",
    message: error.message,
    path: "$.storeState.messages",
  });
  expect(interchangeErrorCodes).toContain(error.code);
});
