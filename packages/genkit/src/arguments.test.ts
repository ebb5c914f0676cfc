import { memoryStore } from "@threadstore/core";
import type { SessionStore } from "genkit/beta";
import { describe, expect, it } from "vitest";
import { threadSessionStore } from "./index.ts";
import { snapshot } from "./snapshot.test-helper.ts";

describe("invalid arguments", () => {
  const saving =
    (input: unknown, id: unknown = "a") =>
    async (sessions: SessionStore) =>
      sessions.saveSnapshot(id as string, () => input as null);
  const { createdAt } = snapshot();

  it.each([
    ["no lookup", async (s: SessionStore) => s.getSnapshot(undefined as never), "options"],
    ["neither id", async (s: SessionStore) => s.getSnapshot({}), "options"],
    ["both ids", async (s: SessionStore) => s.getSnapshot({ snapshotId: "a", sessionId: "b" }), "options"],
    ["an empty snapshot id", async (s: SessionStore) => s.getSnapshot({ snapshotId: "" }), "snapshotId"],
    ["an empty session id", async (s: SessionStore) => s.getSnapshot({ sessionId: "" }), "sessionId"],
    ["half a character", async (s: SessionStore) => s.getSnapshot({ sessionId: "\uD83D" }), "sessionId"],
    ["a snapshot id that is a number", saving(snapshot(), 1), "snapshotId"],
    ["no snapshot", saving(undefined), "snapshot"],
    ["a snapshot that is a text", saving("x"), "snapshot"],
    ["a snapshot without a time", saving({}), "snapshot.createdAt"],
    ["a time that is a Date", saving({ createdAt: new Date() }), "snapshot.createdAt"],
    ["a session id that is a number", saving({ createdAt, sessionId: 1 }), "snapshot.sessionId"],
    [
      "a chosen snapshot id that is empty",
      async (s: SessionStore) => s.saveSnapshot(undefined, () => ({ createdAt, snapshotId: "" })),
      "snapshot.snapshotId",
    ],
    ["half a character in a parent", saving({ createdAt, parentId: "\uD83D" }), "snapshot.parentId"],
    [
      "a date in the state",
      saving({ createdAt, state: { custom: { due: new Date() } } }),
      "snapshot.state.custom.due",
    ],
    [
      "bytes in the state",
      saving({ createdAt, state: { custom: new Uint8Array(1) } }),
      "snapshot.state.custom",
    ],
    ["a state that is a function", saving({ createdAt, state: () => 1 }), "snapshot.state"],
    [
      "a date in a message",
      saving({ createdAt, state: { messages: [new Date()] } }),
      "snapshot.state.messages[0]",
    ],
    ["an error with a bigint", saving({ createdAt, error: { details: 1n } }), "snapshot.error"],
    ["a session that is empty", saving({ createdAt, sessionId: "" }), "snapshot.sessionId"],
    ["a parent that is null", saving({ createdAt, parentId: null }), "snapshot.parentId"],
    ["a map in the state", saving({ createdAt, state: { custom: new Map() } }), "snapshot.state.custom"],
    ["NaN in the state", saving({ createdAt, state: { custom: [Number.NaN] } }), "snapshot.state.custom[0]"],
    ["a bigint", saving({ createdAt, state: { custom: 1n } }), "snapshot.state.custom"],
  ])("%s", async (_name, run, path) => {
    const store = memoryStore();
    await expect(run(threadSessionStore({ store }))).rejects.toMatchObject({
      name: "SnapshotError",
      code: "INVALID_ARGUMENT",
      path,
    });
    expect((await store.namespaces()).namespaces).toEqual([]);
  });

  it.each([
    [undefined, "store"],
    [{ store: {} }, "store"],
    [{ store: memoryStore(), tenant: "ann" }, "tenant"],
    [{ store: memoryStore(), rejectBranchingSessions: 1 }, "rejectBranchingSessions"],
    [{ store: memoryStore(), pollIntervalMs: 0 }, "pollIntervalMs"],
    [{ store: memoryStore(), pollIntervalMs: 2 ** 31 }, "pollIntervalMs"],
    [{ store: memoryStore(), pollIntervalMs: "2000" }, "pollIntervalMs"],
    [{ store: memoryStore(), rejectBranching: true }, "rejectBranching"],
  ])("the options %o", (options, path) => {
    expect(() => threadSessionStore(options as never)).toThrow(expect.objectContaining({ path }) as Error);
  });
});

describe("values", () => {
  const time = "2027-03-01T09:30:00.000Z";

  it.each([
    ["leave out undefined members", { custom: { a: undefined, b: 1 } }, { custom: { b: 1 } }],
    [
      "keep half characters",
      { messages: ["\uD83D"], custom: "\uDE00" },
      { messages: ["\uD83D"], custom: "\uDE00" },
    ],
    [
      "keep a member called __proto__",
      { custom: JSON.parse('{"__proto__":1}') as unknown },
      { custom: JSON.parse('{"__proto__":1}') as unknown },
    ],
  ])("of a state: %s", async (_name, state, expected) => {
    const sessions = threadSessionStore({ store: memoryStore() });
    await sessions.saveSnapshot("a", () => snapshot({ state: state as never }));
    expect((await sessions.getSnapshot({ snapshotId: "a" }))?.state).toStrictEqual(expected);
  });

  it.each([
    ["a date", new Date(time), time],
    ["a response with a method", { toJSON: () => "response" }, "response"],
  ])("of an error's details: %s", async (_name, details, expected) => {
    const sessions = threadSessionStore({ store: memoryStore() });
    const error = { status: "INTERNAL", message: "The model failed.", details };
    await sessions.saveSnapshot("a", () => snapshot({ status: "failed", error }));
    const stored = await sessions.getSnapshot({ snapshotId: "a" });
    expect(stored?.error).toEqual({
      status: "INTERNAL",
      message: "The model failed.",
      details: expected,
    });
  });
});

describe("a stored thread that is not a part of a session", () => {
  const head = { format: "threadstore.thread", version: 1, kind: "genkit-snapshot" };
  const valid = { ...snapshot(), snapshotId: "a" };
  const index = { ...head, kind: "genkit-session", sessionId: "a" };
  const entry = { id: "a", createdAt: "2027-03-01T09:30:00.000Z" };

  it.each([
    ["snapshots", { messages: [] }, "THREAD_MISMATCH", "$.format"],
    ["snapshots", { ...index, snapshots: [] }, "THREAD_MISMATCH", "$.kind"],
    ["snapshots", { ...head, version: 2, snapshot: valid }, "THREAD_TOO_NEW", "$.version"],
    ["snapshots", { ...head, version: 0, snapshot: valid }, "THREAD_INVALID", "$.version"],
    ["snapshots", head, "THREAD_INVALID", "$.snapshot"],
    ["snapshots", { ...head, snapshot: [] }, "THREAD_INVALID", "$.snapshot"],
    [
      "snapshots",
      { ...head, snapshot: { ...valid, snapshotId: 1 } },
      "THREAD_INVALID",
      "$.snapshot.snapshotId",
    ],
    ["snapshots", { ...head, snapshot: { ...valid, parentId: 1 } }, "THREAD_INVALID", "$.snapshot.parentId"],
    ["snapshots", { ...head, snapshotJson: "{" }, "THREAD_INVALID", "$.snapshotJson"],
    ["snapshots", { ...head, snapshotJson: {} }, "THREAD_INVALID", "$.snapshotJson"],
    ["sessions", { ...head, snapshot: valid }, "THREAD_MISMATCH", "$.kind"],
    ["sessions", { ...index, version: 2, snapshots: [] }, "THREAD_TOO_NEW", "$.version"],
    ["sessions", index, "THREAD_INVALID", "$.snapshots"],
    ["sessions", { ...index, snapshots: [1] }, "THREAD_INVALID", "$.snapshots[0].id"],
    ["sessions", { ...index, snapshots: [{ id: "" }] }, "THREAD_INVALID", "$.snapshots[0].id"],
    [
      "sessions",
      { ...index, snapshots: [{ ...entry, parentId: 1 }] },
      "THREAD_INVALID",
      "$.snapshots[0].parentId",
    ],
    ["sessions", { ...index, snapshots: [{ id: "a" }] }, "THREAD_INVALID", "$.snapshots[0].createdAt"],
    ["sessions", { ...index, sessionId: "b", snapshots: [] }, "THREAD_MISMATCH", "$.sessionId"],
    ["sessions", { ...index, snapshots: [{ ...entry, parentId: "a" }] }, "THREAD_INVALID", "$.snapshots"],
    [
      "snapshots",
      { ...head, snapshot: { ...valid, snapshotId: "b" } },
      "THREAD_MISMATCH",
      "$.snapshot.snapshotId",
    ],
  ] as const)("in %s: %o", async (namespace, thread, code, path) => {
    const store = memoryStore();
    await store.namespace(namespace).save("a", thread);
    const lookup = namespace === "sessions" ? { sessionId: "a" } : { snapshotId: "a" };
    await expect(threadSessionStore({ store }).getSnapshot(lookup)).rejects.toMatchObject({ code, path });
    expect((await store.namespace(namespace).load("a"))?.thread).toEqual(thread);
  });

  it.each(["a", undefined])("is not overwritten by a snapshot that is saved as %j", async (id) => {
    const store = memoryStore();
    const [foreign, foreignSession] = [{ messages: [] }, { title: "Hello" }];
    await store.namespace("snapshots").save("a", foreign);
    await store.namespace("sessions").save("s", foreignSession);
    const sessions = threadSessionStore({ store });
    const saving = sessions.saveSnapshot(id, () => ({ ...snapshot({ sessionId: "new" }), snapshotId: "a" }));
    await expect(saving).rejects.toMatchObject({ code: "THREAD_MISMATCH", path: "$.format" });
    expect((await store.namespace("snapshots").load("a"))?.thread).toEqual(foreign);
    expect(await sessions.getSnapshot({ sessionId: "new" })).toBeUndefined();
    const another = sessions.saveSnapshot("b", () => snapshot({ sessionId: "s" }));
    await expect(another).rejects.toMatchObject({ name: "ThreadStoreError", code: "INVALID_ARGUMENT" });
    expect((await store.namespace("sessions").load("s"))?.thread).toEqual(foreignSession);
    expect(await sessions.getSnapshot({ snapshotId: "b" })).toBeUndefined();
  });
});
