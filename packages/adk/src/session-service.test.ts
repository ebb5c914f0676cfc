import { type BaseSessionService, createSession, type Session } from "@google/adk";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { createThreadStore, memoryDriver } from "@threadstore/core/driver";
import { describe, expect, it } from "vitest";
import { SessionServiceError, ThreadStoreSessionService } from "./index.ts";
import { newEvent } from "./model.test-helper.ts";

const NAMES = { appName: "app", userId: "ann", sessionId: "s" } as const;

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("The call did not fail.");
}

describe("invalid arguments are rejected with their path, before anything is written", () => {
  const store = memoryStore();
  const service = new ThreadStoreSessionService({ store });
  // What JavaScript callers pass.
  const anything = (value: unknown): never => value as never;
  const append = async (event: unknown, members: object = {}) => {
    const session = { ...createSession({ id: "s", appName: "app", userId: "ann" }), ...members };
    return service.appendEvent({ session, event: anything(event) });
  };
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;

  it.each<readonly [path: string, call: () => unknown]>([
    ["store", () => new ThreadStoreSessionService(anything(undefined))],
    ["store", () => new ThreadStoreSessionService({ store: anything("threads.db") })],
    ["store", () => new ThreadStoreSessionService({ store: anything({}) })],
    ["ttlMs", () => new ThreadStoreSessionService(anything({ store: memoryStore(), ttlMs: 1 }))],
    ["appName", async () => service.createSession({ ...NAMES, appName: "" })],
    ["appName", async () => service.createSession({ ...NAMES, appName: anything(1) })],
    ["userId", async () => service.createSession({ ...NAMES, userId: "" })],
    ["userId", async () => service.getSession({ ...NAMES, userId: anything(undefined) })],
    ["sessionId", async () => service.createSession({ ...NAMES, sessionId: anything(5) })],
    ["sessionId", async () => service.createSession({ ...NAMES, sessionId: "\ud800" })],
    ["sessionId", async () => service.getSession({ ...NAMES, sessionId: "" })],
    ["sessionId", async () => service.deleteSession({ ...NAMES, sessionId: anything(null) })],
    ["state", async () => service.createSession({ ...NAMES, state: anything("x") })],
    ["state", async () => service.createSession({ ...NAMES, state: anything([]) })],
    ["state", async () => service.createSession({ ...NAMES, state: cyclic })],
    ["state", async () => service.createSession({ ...NAMES, state: { count: 1n } })],
    ["appName", async () => service.listSessions({ appName: "" })],
    ["userId", async () => service.listSessions({ appName: "app", userId: "" })],
    ["limit", async () => service.listSessions({ appName: "app", limit: -1 })],
    ["limit", async () => service.listSessions({ appName: "app", limit: anything("1") })],
    ["offset", async () => service.listSessions({ appName: "app", offset: 0.5 })],
    ["page", async () => service.listSessions({ appName: "app", page: 0, limit: 1 })],
    ["order", async () => service.listSessions({ appName: "app", order: anything("up") })],
    ["session.id", async () => append(newEvent("e"), { id: "" })],
    ["session.appName", async () => append(newEvent("e"), { appName: undefined })],
    ["session.userId", async () => append(newEvent("e"), { userId: 7 })],
    ["event", async () => append([])],
    ["event", async () => append({ ...newEvent("e"), output: cyclic })],
    ["event.id", async () => append({ ...newEvent("e"), id: "" })],
    ["event.id", async () => append({ ...newEvent("e"), id: undefined })],
    ["event.timestamp", async () => append({ ...newEvent("e"), timestamp: Number.NaN })],
    ["event.actions", async () => append({ ...newEvent("e"), actions: [] })],
    ["event.actions.stateDelta", async () => append({ ...newEvent("e"), actions: { stateDelta: 1 } })],
  ])("%s, %s", async (path, call) => {
    const error = await failureOf(call);
    expect(SessionServiceError.is(error, "INVALID_ARGUMENT") && error.path).toBe(path);
    expect((await store.namespaces()).namespaces).toEqual([]);
  });
});

describe("stored threads are untrusted", () => {
  const HEADER = { format: "threadstore.thread", version: 1, kind: "adk-session" };
  const sessions = (store: ThreadStore) => store.namespace("app").namespace("ann");

  it.each<readonly [code: string, path: string, thread: object]>([
    ["THREAD_MISMATCH", "$.format", { messages: [] }],
    ["THREAD_MISMATCH", "$.kind", { ...HEADER, kind: "adk-state" }],
    ["THREAD_TOO_NEW", "$.version", { ...HEADER, version: 2 }],
    ["THREAD_INVALID", "$.version", { ...HEADER, version: 0 }],
    ["THREAD_INVALID", "$.state", { ...HEADER, events: [] }],
    ["THREAD_INVALID", "$.events", { ...HEADER, state: {} }],
    ["THREAD_INVALID", "$.events[1]", { ...HEADER, state: {}, events: [{ id: "e" }, null] }],
    ["THREAD_INVALID", "$.events[0].id", { ...HEADER, state: {}, events: [{}] }],
    ["THREAD_INVALID", "$.events[0].actions", { ...HEADER, state: {}, events: [{ id: "e", actions: 1 }] }],
    [
      "THREAD_INVALID",
      "$.events[0].actions.stateDelta",
      { ...HEADER, state: {}, events: [{ id: "e", actions: { stateDelta: [] } }] },
    ],
  ])("%s at %s: %j", async (code, path, thread) => {
    const store = memoryStore();
    await sessions(store).save("s", thread);
    const service = new ThreadStoreSessionService({ store });
    expect(await failureOf(async () => service.getSession(NAMES))).toMatchObject({ code, path });
    expect((await service.listSessions({ appName: "app" })).sessions).toHaveLength(1);
    await service.deleteSession(NAMES);
    expect(await service.getSession(NAMES)).toBeUndefined();
  });

  it.each<readonly [code: string, path: string, thread: object]>([
    ["THREAD_MISMATCH", "$.kind", HEADER],
    ["THREAD_INVALID", "$.state", { ...HEADER, kind: "adk-state", changes: [] }],
    ["THREAD_INVALID", "$.changes", { ...HEADER, kind: "adk-state", state: {}, changes: [1] }],
  ])("a state with %s at %s", async (code, path, thread) => {
    const store = memoryStore();
    const service = new ThreadStoreSessionService({ store });
    await service.createSession(NAMES);
    await store.namespace("app").save("state", thread);
    expect(await failureOf(async () => service.getSession(NAMES))).toMatchObject({ code, path });
  });
});

it("lone surrogates of a model become U+FFFD, in text, keys and state", async () => {
  const service = new ThreadStoreSessionService({ store: memoryStore() });
  const session = await service.createSession({ ...NAMES, state: { "a\ud800": "\udc00" } });
  await service.appendEvent({ session, event: newEvent("e", { b: "x\ud83d" }, "half \ud83d") });
  const stored = await service.getSession(NAMES);
  expect({ ...stored?.state }).toEqual({ "a\ufffd": "\ufffd", b: "x\ufffd" });
  expect(stored?.events[0]?.content?.parts).toEqual([{ text: "half \ufffd" }]);
});

it("a failed append leaves the session object as it was, and can be repeated", async () => {
  let isDown = false;
  const driver = memoryDriver();
  const store = createThreadStore(
    {
      ...driver,
      async patch(...parameters) {
        if (isDown) throw new Error("down");
        return driver.patch(...parameters);
      },
    },
    { maxRetries: 0 },
  );
  const service = new ThreadStoreSessionService({ store });
  const session = await service.createSession(NAMES);
  isDown = true;
  const event = newEvent("e", { a: 1, "app:b": 1 });
  await expect(service.appendEvent({ session, event })).rejects.toMatchObject({ code: "BACKEND_ERROR" });
  expect([session.events, { ...session.state }]).toEqual([[], {}]);
  isDown = false;
  await service.appendEvent({ session, event });
  expect((await service.getSession(NAMES))?.events).toHaveLength(1);
});

describe("costs", () => {
  /** Counts the requests and bytes of a memory store. */
  function countingStore(): { readonly store: ThreadStore; readonly take: () => readonly [number, number] } {
    const driver = memoryDriver();
    let [requests, bytes] = [0, 0];
    const count = (length = 0) => {
      requests += 1;
      bytes += length;
    };
    const store = createThreadStore({
      ...driver,
      async read(...parameters) {
        const record = await driver.read(...parameters);
        count(record?.bytes?.length);
        return record;
      },
      async readTail(...parameters) {
        const tail = await driver.readTail(...parameters);
        count(tail?.tail.length);
        return tail;
      },
      async write(key, record, ...parameters) {
        count(record.bytes.length - record.unchanged);
        return driver.write(key, record, ...parameters);
      },
      async patch(key, patch, ...parameters) {
        count(patch.bytes.length);
        return driver.patch(key, patch, ...parameters);
      },
    });
    const take = () => {
      const counts = [requests, bytes] as const;
      [requests, bytes] = [0, 0];
      return counts;
    };
    return { store, take };
  }

  async function grow(service: BaseSessionService, session: Session, to: number): Promise<void> {
    for (let count = session.events.length; count < to; count += 1) {
      await service.appendEvent({ session, event: newEvent(`event ${String(count).padStart(6, "0")}`) });
    }
  }

  it("of an append do not depend on the length of the session", async () => {
    const { store, take } = countingStore();
    const service = new ThreadStoreSessionService({ store });
    const session = await service.createSession(NAMES);
    await grow(service, session, 150);
    take();
    await grow(service, session, 151);
    const [requests, bytes] = take();
    await grow(service, session, 600);
    take();
    await grow(service, session, 601);
    const [laterRequests, laterBytes] = take();
    expect(laterRequests).toBe(requests);
    expect(laterRequests).toBeLessThanOrEqual(2);
    expect(laterBytes).toBeLessThan(bytes + 100);
  });
});

describe("shared state", () => {
  const HOUR = 3_600_000;
  const STATE = { "app:a": 1, "user:u": 2, own: 3 };

  it("expires after its last change, and each session after its last event", async () => {
    let time = 0;
    const store = memoryStore({ ttlMs: HOUR, now: () => time });
    const service = new ThreadStoreSessionService({ store });
    const session = await service.createSession({ ...NAMES, state: STATE });
    time += HOUR - 1;
    await service.appendEvent({ session, event: newEvent("e", { "user:v": 4 }) });
    expect((await service.getSession(NAMES))?.state).toEqual({ ...STATE, "user:v": 4 });
    time += 1;
    expect((await service.getSession(NAMES))?.state).toEqual({ "user:u": 2, "user:v": 4, own: 3 });
    time += HOUR - 2;
    expect((await service.getSession(NAMES))?.events).toHaveLength(1);
    time += 1;
    expect(await service.getSession(NAMES)).toBeUndefined();
    const again = await service.createSession({ ...NAMES, state: { "app:b": 5 } });
    expect(again.state).toEqual({ "app:b": 5 });
  });

  it.each([
    ["short names", "app", "ann"],
    ["the longest names", "a".repeat(150), "é".repeat(100)],
    ["names with separators", "a/b", "state"],
  ])("of a user is erased with the sessions, for %s", async (_name, appName, userId) => {
    const store = memoryStore();
    const service = new ThreadStoreSessionService({ store: store.namespace("adk") });
    const user = { ...NAMES, appName, userId };
    for (const names of [user, { ...user, sessionId: "other" }, { ...user, userId: "bob" }]) {
      await service.createSession({ ...names, state: STATE });
    }
    const receipt = await store.namespace("adk").namespace(appName).namespace(userId).erase();
    expect(receipt).toMatchObject({ threads: 3 });
    expect(await service.getSession(user)).toBeUndefined();
    expect((await service.listSessions({ appName })).sessions.map((each) => each.userId)).toEqual(["bob"]);
    expect((await service.getSession({ ...user, userId: "bob" }))?.state).toEqual(STATE);
    const again = await service.createSession(user);
    expect(again.state).toEqual({ "app:a": 1 });
  });

  it.each([
    ["appName", { appName: "a".repeat(151) }],
    ["userId", { userId: "u".repeat(201) }],
  ])("is stored under a digest if the %s is longer", async (_name, long) => {
    const store = memoryStore();
    const service = new ThreadStoreSessionService({ store });
    const names = { ...NAMES, ...long };
    await service.createSession({ ...names, state: STATE });
    const erased = await store.namespace(names.appName).namespace(names.userId).erase();
    expect(erased).toMatchObject({ threads: 0 });
    expect((await service.getSession(names))?.state).toEqual(STATE);
  });
});
