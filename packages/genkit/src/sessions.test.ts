import { randomUUID } from "node:crypto";
import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { createThreadStore, DriverError, memoryDriver, type MemoryRecords } from "@threadstore/core/driver";
import { describe, expect, it } from "vitest";
import { threadSessionStore } from "./index.ts";
import { save, snapshot } from "./snapshot.test-helper.ts";

describe("a session with branches", () => {
  async function branched(): Promise<{ store: ThreadStore; sessionId: string }> {
    const store = memoryStore();
    const sessions = threadSessionStore({ store });
    const sessionId = randomUUID();
    const parentId = await save(sessions, { sessionId });
    await save(sessions, { sessionId, parentId });
    await save(sessions, { sessionId, parentId });
    return { store, sessionId };
  }

  it("is rejected on request", async () => {
    const { store, sessionId } = await branched();
    const sessions = threadSessionStore({ store, rejectBranchingSessions: true });
    await expect(sessions.getSnapshot({ sessionId })).rejects.toMatchObject({
      name: "SnapshotError",
      code: "SESSION_BRANCHED",
      status: "FAILED_PRECONDITION",
      message: expect.stringContaining("several latest snapshots") as string,
    });
  });

  it("is not what a detached turn makes that completes or is saved again", async () => {
    const sessions = threadSessionStore({ store: memoryStore(), rejectBranchingSessions: true });
    const sessionId = randomUUID();
    const first = await save(sessions, { sessionId });
    const task = await save(sessions, { sessionId, parentId: first, status: "pending" });
    for (const createdAt of ["2027-03-01T09:40:00.000Z", "2027-03-01T09:41:00.000Z"]) {
      await sessions.saveSnapshot(task, () => snapshot({ sessionId, parentId: task, createdAt }));
      const latest = await sessions.getSnapshot({ sessionId });
      // Genkit looks for the last turn that completed among the parents.
      expect(latest).toMatchObject({ snapshotId: task, parentId: first, createdAt });
    }
    const alone = await save(sessions, { sessionId: "alone", snapshotId: "a", parentId: "a" }, "a");
    expect(await sessions.getSnapshot({ sessionId: "alone" })).not.toHaveProperty("parentId");
    expect(alone).toBe("a");
  });

  it("follows a snapshot that moves to another parent or session", async () => {
    const sessions = threadSessionStore({ store: memoryStore(), rejectBranchingSessions: true });
    const [one, two] = [randomUUID(), randomUUID()];
    const first = await save(sessions, { sessionId: one });
    const second = await save(sessions, { sessionId: one });
    await sessions.saveSnapshot(second, () => snapshot({ sessionId: one, parentId: first }));
    expect((await sessions.getSnapshot({ sessionId: one }))?.snapshotId).toBe(second);
    await sessions.saveSnapshot(second, () => snapshot({ sessionId: two }));
    expect((await sessions.getSnapshot({ sessionId: one }))?.snapshotId).toBe(first);
    expect((await sessions.getSnapshot({ sessionId: two }))?.snapshotId).toBe(second);
  });

  it("whose snapshots are in a circle is reported", async () => {
    const sessions = threadSessionStore({ store: memoryStore() });
    const sessionId = randomUUID();
    await sessions.saveSnapshot("a", () => snapshot({ sessionId, parentId: "b" }));
    await sessions.saveSnapshot("b", () => snapshot({ sessionId, parentId: "a" }));
    await expect(sessions.getSnapshot({ sessionId })).rejects.toMatchObject({ code: "THREAD_INVALID" });
  });

  it.each([
    ["of 20,000 turns", (id: number) => id - 1],
    ["of 1,000 failed turns", () => 0],
  ])("%s is resumed with two reads", async (name, parentOf) => {
    const records: MemoryRecords = new Map();
    const store = memoryStore({ records });
    const length = name.includes("20,000") ? 20_000 : 1000;
    const snapshots = Array.from({ length }, (_value, index) => ({
      id: `turn-${index}`,
      ...(index > 0 && { parentId: `turn-${parentOf(index)}` }),
      createdAt: `2027-03-01T09:${String(index).padStart(5, "0")}`,
    }));
    const head = { format: "threadstore.thread", version: 1, kind: "genkit-session", sessionId: "long" };
    await store.namespace("sessions").save("long", { ...head, snapshots });
    const last = { sessionId: "long", ...snapshots.at(-1) };
    await save(threadSessionStore({ store }), last, last.id);
    const driver = memoryDriver({ records });
    let reads = 0;
    const counting: typeof driver = {
      ...driver,
      async read(...parameters) {
        reads += 1;
        return driver.read(...parameters);
      },
    };
    const sessions = threadSessionStore({ store: createThreadStore(counting) });
    expect((await sessions.getSnapshot({ sessionId: "long" }))?.snapshotId).toBe(last.id);
    expect(reads).toBe(2);
  });

  it("continues from the turn before one that is too large to store", async () => {
    const store = memoryStore({ maxThreadBytes: 2000 });
    const sessions = threadSessionStore({ store, rejectBranchingSessions: true });
    const sessionId = randomUUID();
    const first = await save(sessions, { sessionId });
    const state = { custom: "x".repeat(2000) };
    for (const attempt of [1, 2]) {
      const saving = save(sessions, { sessionId, parentId: first, state, createdAt: `2028-0${attempt}` });
      await expect(saving).rejects.toMatchObject({ name: "ThreadStoreError", code: "TOO_LARGE" });
    }
    expect((await sessions.getSnapshot({ sessionId }))?.snapshotId).toBe(first);
    const second = await save(sessions, { sessionId, parentId: first });
    expect((await sessions.getSnapshot({ sessionId }))?.snapshotId).toBe(second);
  });

  it("of which the older snapshots have expired is still found", async () => {
    let now = Date.now();
    const sessions = threadSessionStore({ store: memoryStore({ now: () => now, ttlMs: 1000 }) });
    const sessionId = randomUUID();
    const parentId = await save(sessions, { sessionId });
    now += 600;
    const latest = await save(sessions, { sessionId, parentId });
    now += 600;
    expect(await sessions.getSnapshot({ snapshotId: parentId })).toBeUndefined();
    expect((await sessions.getSnapshot({ sessionId }))?.snapshotId).toBe(latest);
    now += 600;
    expect(await sessions.getSnapshot({ sessionId })).toBeUndefined();
  });
});

describe("tenants", () => {
  it("see only their own sessions", async () => {
    const store = memoryStore();
    const sessions = threadSessionStore({ store, tenant: ({ context }) => String(context?.["user"]) });
    const [ann, bob] = [{ context: { user: "ann" } }, { context: { user: "bob" } }];
    const sessionId = randomUUID();
    const id = await sessions.saveSnapshot(undefined, () => snapshot({ sessionId }), ann);
    const lookups = [{ snapshotId: id ?? "" }, { sessionId }];
    for (const lookup of lookups) {
      expect((await sessions.getSnapshot({ ...lookup, ...ann }))?.snapshotId).toBe(id);
      expect(await sessions.getSnapshot({ ...lookup, ...bob })).toBeUndefined();
    }
    const saved = await sessions.saveSnapshot(id ?? "", (current) => current ?? null, bob);
    expect(saved).toBeNull();
    await store.namespace("ann").erase();
    expect(await sessions.getSnapshot({ sessionId, ...ann })).toBeUndefined();
  });

  it.each([undefined, "", "\uD83D", 1])("must not be %o", async (name) => {
    const sessions = threadSessionStore({ store: memoryStore(), tenant: () => name as string });
    const error = { code: "INVALID_ARGUMENT", path: "tenant" };
    await expect(sessions.getSnapshot({ sessionId: "s" })).rejects.toMatchObject(error);
    await expect(sessions.saveSnapshot(undefined, () => snapshot())).rejects.toMatchObject(error);
  });
});

describe("watching a snapshot", () => {
  it("reports what another instance writes, and stops", async () => {
    const store = memoryStore();
    const [writer, watcher] = [
      threadSessionStore({ store }),
      threadSessionStore({ store, pollIntervalMs: 1 }),
    ];
    const statuses: unknown[] = [];
    const stop = watcher.onSnapshotStateChange("a", ({ status }) => statuses.push(status));
    for (const status of ["pending", "completed"] as const) {
      await writer.saveSnapshot("a", () => snapshot({ status }));
      await expect.poll(() => statuses.at(-1), { interval: 2 }).toBe(status);
    }
    // A snapshot that stays the same is not reported again.
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(statuses).toEqual(["pending", "completed"]);
    stop?.();
    await writer.saveSnapshot("a", () => snapshot({ status: "aborted" }));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(statuses).toEqual(["pending", "completed"]);
  });

  it("continues after a read that fails", async () => {
    const records: MemoryRecords = new Map();
    const driver = memoryDriver({ records });
    let isDown = true;
    const read: typeof driver.read = async (...parameters) => {
      if (isDown) throw new DriverError("ACCESS_DENIED", "No access.", { effect: "none" });
      return driver.read(...parameters);
    };
    const watcher = threadSessionStore({
      store: createThreadStore({ ...driver, read }, { maxRetries: 0 }),
      pollIntervalMs: 1,
    });
    await threadSessionStore({ store: memoryStore({ records }) }).saveSnapshot("a", () => snapshot());
    const statuses: unknown[] = [];
    const stop = watcher.onSnapshotStateChange("a", ({ status }) => statuses.push(status));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(statuses).toEqual([]);
    isDown = false;
    await expect.poll(() => statuses, { interval: 2 }).toEqual(["completed"]);
    stop?.();
  });
});

/** Three turns, of which the second is detached, and then completes. Each step is two writes. */
const STEPS = [
  { id: "one" },
  { id: "two", status: "pending" },
  { id: "two", parentId: "two", createdAt: "2027-03-01T09:31:00.000Z" },
  { id: "three" },
] as const;

describe("a process that is killed while it saves snapshots", () => {
  it.each(["before", "after"])("%s one of its writes leaves the session as after a save", async (when) => {
    for (let kill = 1; ; kill += 1) {
      const records: MemoryRecords = new Map();
      const dying = threadSessionStore({ store: killedStore(records, kill, when === "before") });
      const sessionId = randomUUID();
      let saved: string | undefined;
      let attempted: string | undefined;
      try {
        for (const { id, ...members } of STEPS) {
          attempted = id;
          await dying.saveSnapshot(id, () => snapshot({ sessionId, ...childOf(saved), ...members }));
          saved = id;
        }
        expect(kill).toBe(2 * STEPS.length + 1);
        return;
      } catch (error) {
        // An endless loop of other errors would never return to the event loop.
        if (!ThreadStoreError.is(error) || kill > 2 * STEPS.length) throw error;
      }
      const sessions = threadSessionStore({ store: memoryStore({ records }), rejectBranchingSessions: true });
      const latest = (await sessions.getSnapshot({ sessionId }))?.snapshotId;
      // The save in flight is applied or not; each earlier one is.
      expect([saved, attempted], `killed at ${kill}`).toContain(latest);
      for (const { id } of STEPS) {
        if (id === attempted) break;
        expect(await sessions.getSnapshot({ snapshotId: id })).toBeDefined();
      }
      const next = await save(sessions, { sessionId, ...childOf(latest) });
      expect((await sessions.getSnapshot({ sessionId }))?.snapshotId).toBe(next);
    }
  });
});

function childOf(parentId: string | undefined): { readonly parentId?: string } {
  return parentId === undefined ? {} : { parentId };
}

/** Creates the store of a process that is killed at its change number `kill`. */
function killedStore(records: MemoryRecords, kill: number, isBefore: boolean): ThreadStore {
  const driver = memoryDriver({ records });
  let changes = 0;
  const die = (isDead: boolean) => {
    if (isDead) throw new DriverError("BACKEND_ERROR", "The process was killed.", { effect: "unknown" });
  };
  const apply = async <T>(change: () => Promise<T>): Promise<T> => {
    changes += 1;
    die(changes > kill || (changes === kill && isBefore));
    const result = await change();
    die(changes >= kill);
    return result;
  };
  const dying: typeof driver = {
    ...driver,
    write: async (...parameters) => apply(async () => driver.write(...parameters)),
    patch: async (...parameters) => apply(async () => driver.patch(...parameters)),
    async read(...parameters) {
      die(changes >= kill);
      return driver.read(...parameters);
    },
    async readTail(...parameters) {
      die(changes >= kill);
      return driver.readTail(...parameters);
    },
  };
  return createThreadStore(dying, { maxRetries: 0 });
}
