import { describe, expect, test } from "vitest";
import type { WireForm } from "../wire-form/wire-form.ts";
import type { CheckOptions } from "./check-options.ts";
import { MESSAGE_FORM } from "./message-form.ts";
import { checkThread, repairThread, type RepairedThread } from "./repair-thread.ts";
import { asks, call, messagesOf, result, threadOf, user } from "./threads.test-helper.ts";

const ITEMS: WireForm = {
  ...MESSAGE_FORM,
  isOwn: ({ type }) => type !== undefined,
  isService: ({ id }) => id === "known",
};
const common = { version: 1, packageName: "@threadstore/test" };
const KINDS = [
  { ...common, kind: "chat", wireForm: MESSAGE_FORM },
  { ...common, kind: "items", wireForm: ITEMS },
];
const messages = [user, asks(call("c1")), result("c1")];

function repair(members: object, options?: CheckOptions): RepairedThread {
  return repairThread({ ...threadOf(messages), ...members }, KINDS, "drop", options);
}

describe("a thread whose envelope is corrupt", () => {
  test.each<[string, object, object]>([
    ["no format", { format: undefined }, {}],
    ["a format of another type", { format: [] }, {}],
    ["no version", { version: undefined }, {}],
    ["version 0", { version: 0 }, {}],
    ["a version as text", { version: "1" }, {}],
    ["no kind", { kind: undefined }, {}],
    ["an empty kind", { kind: "" }, {}],
    ["no agent", { agent: undefined }, {}],
    ["an empty agent", { agent: "" }, {}],
    ["no messages", { messages: undefined }, { messages: [] }],
    ["messages as text", { messages: JSON.stringify(messages) }, {}],
    ["truncated text as messages", { messages: "[{" }, { messages: [] }],
    ["one message", { messages: user }, { messages: [user] }],
  ])("is repaired if it has %s", (_name, members, expected) => {
    const { thread, changes } = repair(members);
    expect(thread).toEqual({ ...threadOf(messages), ...expected });
    const [name] = Object.keys(members);
    expect(changes).toMatchObject([{ code: "envelope-invalid", path: `$.${name}`, action: "rewrite" }]);
    expect(checkThread(thread, KINDS)).toEqual([]);
  });

  test("has its members in the order in which threads are written", () => {
    const { thread } = repair({ format: undefined, agent: 5 });
    expect(Object.keys(thread)).toEqual(["format", "version", "kind", "agent", "messages"]);
  });

  test.each([
    [[{ start: 3, end: 4 }], [{ start: 2, end: 3 }]],
    [[{ start: 1, end: 2 }], []],
    [[{ start: 3, end: 4, leftOut: true }, 5], [{ start: 2, end: 3, leftOut: true }]],
    ["all", []],
  ])("names the same unaccepted messages after others were removed: %j", (unaccepted, expected) => {
    const orphan = result("c0");
    const { thread } = repair({ messages: [user, orphan, asks(call("c1")), result("c1")], unaccepted });
    expect(thread).toMatchObject({ messages, unaccepted: expected });
  });

  test("gets the kind that its messages look like, or the one that the caller names", () => {
    expect(repair({ kind: null }).thread["kind"]).toBe("chat");
    expect(repair({ kind: null, messages: [{ type: "message", ...user }] }).thread["kind"]).toBe("items");
    expect(repair({ kind: null, messages: [user] }).thread["kind"]).toBe("chat");
    expect(repair({ kind: null, messages: [user] }, { kind: "items" }).thread["kind"]).toBe("items");
    expect(repair({ kind: "chta", format: "x" }, { kind: "chat" }).thread).toEqual(threadOf(messages));
    expect(repair({ agent: null }, { agent: "Ann" }).thread["agent"]).toBe("Ann");
  });

  test.each<[string, object, string]>([
    ["another kind", { kind: "letters" }, "$.kind"],
    ["another format", { format: "letters" }, "$.format"],
    ["neither a format nor a kind", { format: undefined, kind: undefined }, "$.format"],
  ])("is not changed if it has %s, because another program may have written it", (_name, members, path) => {
    const rejection = expect.objectContaining({ code: "THREAD_INVALID", path }) as Error;
    expect(() => repair(members)).toThrow(rejection);
    expect(messagesOf(repair(members, { kind: "chat" }).thread)).toEqual(messages);
  });

  test("is not changed if a later release wrote it", () => {
    const rejection = expect.objectContaining({ code: "THREAD_TOO_NEW", path: "$.version" }) as Error;
    expect(() => repair({ version: 2 }, { kind: "chat" })).toThrow(rejection);
    expect(() => repair({ version: 2, agent: null })).toThrow(rejection);
  });

  test.each([
    [{ kind: "letters" }, "kind"],
    [{ agent: "" }, "agent"],
    [{ agent: 5 as never }, "agent"],
  ])("cannot be repaired with %o", (options, path) => {
    const rejection = expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error;
    expect(() => repair({}, options)).toThrow(rejection);
  });
});

describe("a member that an agent cannot read", () => {
  test.each<[string, object]>([
    ["state-invalid", { state: null }],
    ["state-invalid", { state: ["a"] }],
    ["state-invalid", { state: "{}" }],
    ["service-invalid", { kind: "items", service: 5 }],
    ["service-invalid", { kind: "items", service: { id: "unknown" } }],
  ])("is removed: %s %o", (code, members) => {
    const { thread, changes } = repair(members);
    expect(changes).toMatchObject([{ code, action: "drop" }]);
    expect(Object.keys(thread)).not.toContain(code.slice(0, code.indexOf("-")));
    expect(messagesOf(thread)).toEqual(messages);
  });

  test("does not make the service's conversation outdated", () => {
    const service = { id: "known" };
    const { thread, changes } = repair({ kind: "items", agent: null, state: null, service });
    expect(changes.map(({ code }) => code)).toEqual(["envelope-invalid", "state-invalid"]);
    expect(thread["service"]).toEqual(service);
  });
});
