import { randomUUID } from "node:crypto";
import type { SessionSnapshot, SessionStore } from "genkit/beta";
import { expect } from "vitest";
import { checkIds, IDS, LONG_IDS } from "./ids.test-helper.ts";
import { save, snapshot } from "./snapshot.test-helper.ts";

/** A check of session stores. `open` opens another one over the same snapshots, as another process does. */
export interface Check {
  readonly name: string;
  /** Whether the quick tests run it on every store. The others then run in memory and on SQLite only. */
  readonly quick?: true;
  readonly run: (store: SessionStore, open: () => SessionStore) => Promise<void>;
}

async function latestId(store: SessionStore, sessionId: string): Promise<string | undefined> {
  return (await store.getSnapshot({ sessionId }))?.snapshotId;
}

const LATER = "2027-03-01T09:40:00.000Z";

function fail(): never {
  throw new RangeError("The application's own error.");
}

/** Changes the state of a snapshot, as its owner may. */
function change(each: SessionSnapshot | undefined): void {
  const { list } = (each?.state?.custom ?? {}) as { readonly list?: number[] };
  list?.push(2);
}

export const CHECKS: readonly Check[] = [
  {
    name: "returns a snapshot by its id, with every member, and in another instance",
    quick: true,
    run: async (store, open) => {
      const saved = snapshot({
        sessionId: randomUUID(),
        parentId: randomUUID(),
        updatedAt: "2027-03-01T09:31:00.000Z",
        finishReason: "stop",
        error: { status: "INTERNAL", message: "m", details: { list: [1, null, { a: "\uD83D" }] } },
        state: {
          custom: { text: "half \uDE00 \\ud83d", n: 1.5 },
          artifacts: [{ name: "a", parts: [{ text: "p" }] }],
        },
      });
      const id = randomUUID();
      expect(await store.saveSnapshot(id, () => saved)).toBe(id);
      expect(await store.getSnapshot({ snapshotId: id })).toEqual({ ...saved, snapshotId: id });
      expect(await open().getSnapshot({ snapshotId: id })).toEqual({ ...saved, snapshotId: id });
      expect(await store.getSnapshot({ snapshotId: randomUUID() })).toBeUndefined();
      expect(await store.getSnapshot({ sessionId: randomUUID() })).toBeUndefined();
    },
  },
  {
    name: "passes the current snapshot to the mutator, and assigns an id to a new one",
    run: async (store) => {
      const currents: unknown[] = [];
      const id = await store.saveSnapshot(undefined, (current) => {
        currents.push(current);
        return snapshot();
      });
      const chosen = randomUUID();
      expect(await store.saveSnapshot(undefined, () => snapshot({ snapshotId: chosen }))).toBe(chosen);
      await store.saveSnapshot(id ?? "", (current) => {
        currents.push(current?.snapshotId);
        return { ...(current as SessionSnapshot), status: "aborted" };
      });
      expect(currents).toEqual([undefined, id]);
      expect(await store.getSnapshot({ snapshotId: id ?? "" })).toMatchObject({
        snapshotId: id,
        status: "aborted",
      });
    },
  },
  {
    name: "writes nothing if the mutator returns null or throws",
    run: async (store) => {
      const sessionId = randomUUID();
      const id = await save(store, { sessionId });
      expect(await store.saveSnapshot(id, () => null)).toBeNull();
      expect(await store.saveSnapshot(undefined, () => null)).toBeNull();
      await expect(store.saveSnapshot(id, fail)).rejects.toThrow(RangeError);
      await expect(store.saveSnapshot(randomUUID(), fail)).rejects.toThrow(RangeError);
      expect(await store.getSnapshot({ snapshotId: id })).toEqual({
        ...snapshot({ sessionId }),
        snapshotId: id,
      });
      expect(await latestId(store, sessionId)).toBe(id);
    },
  },
  {
    name: "returns the latest snapshot of a session, also if only its state names the session",
    quick: true,
    run: async (store, open) => {
      const sessionId = randomUUID();
      const first = await save(store, { sessionId });
      expect(await latestId(store, sessionId)).toBe(first);
      const second = await save(store, { state: { sessionId }, parentId: first });
      const third = await save(store, { sessionId, parentId: second, createdAt: "2020-01-01T00:00:00.000Z" });
      expect(await latestId(store, sessionId)).toBe(third);
      expect(await latestId(open(), sessionId)).toBe(third);
      await save(store, { sessionId: randomUUID() });
      expect(await latestId(store, sessionId)).toBe(third);
    },
  },
  {
    name: "returns a detached turn that completed, which Genkit saves as its own parent",
    run: async (store, open) => {
      const sessionId = randomUUID();
      const first = await save(store, { sessionId });
      const task = await save(store, { sessionId, parentId: first, status: "pending" });
      expect(await latestId(store, sessionId)).toBe(task);
      await store.saveSnapshot(task, () => snapshot({ sessionId, parentId: task, createdAt: LATER }));
      expect(await latestId(open(), sessionId)).toBe(task);
      const next = await save(store, { sessionId, parentId: task, createdAt: LATER });
      expect(await latestId(open(), sessionId)).toBe(next);
    },
  },
  {
    name: "keeps a snapshot that is saved again, as after a lost response",
    run: async (store, open) => {
      const sessionId = randomUUID();
      const first = await save(store, { sessionId });
      const second = randomUUID();
      for (const each of [store, open(), store]) {
        await each.saveSnapshot(second, () => snapshot({ sessionId, parentId: first }));
      }
      expect(await latestId(store, sessionId)).toBe(second);
      expect(await store.getSnapshot({ snapshotId: second })).toMatchObject({ parentId: first });
    },
  },
  {
    name: "returns the branch that was created last",
    run: async (store) => {
      const sessionId = randomUUID();
      const root = await save(store, { sessionId });
      const late = await save(store, { sessionId, parentId: root, createdAt: "2027-03-01T10:00:00.000Z" });
      await save(store, { sessionId, parentId: root, createdAt: "2027-03-01T09:59:00.000Z" });
      expect(await latestId(store, sessionId)).toBe(late);
      const leaf = await save(store, { sessionId, parentId: late, createdAt: LATER });
      const other = await store.getSnapshot({ sessionId });
      expect([leaf, other?.snapshotId]).not.toContain(late);
    },
  },
  {
    name: "never replaces an abort that it could have seen, whichever is first",
    quick: true,
    run: async (store, open) => {
      for (let round = 0; round < 4; round += 1) {
        const id = await save(store, { status: "pending" });
        const abort = async (by: SessionStore) =>
          by.saveSnapshot(id, (current) =>
            current?.status === "pending" ? { ...current, status: "aborted" } : null,
          );
        const complete = async (by: SessionStore) =>
          by.saveSnapshot(id, (current) => (current?.status === "aborted" ? null : snapshot()));
        const [aborted, completed] = await Promise.all([abort(store), complete(open())]);
        const status = (await store.getSnapshot({ snapshotId: id }))?.status;
        if (aborted === null) expect(status).toBe("completed");
        if (completed === null) expect(status).toBe("aborted");
      }
    },
  },
  {
    name: "loses no update of two writers",
    quick: true,
    run: async (store, open) => {
      const id = await save(store, { state: { custom: 0 } });
      const add = async (by: SessionStore) =>
        by.saveSnapshot(id, (current) => ({
          ...(current as SessionSnapshot),
          state: { custom: Number(current?.state?.custom) + 1 },
        }));
      await Promise.all([store, open(), open()].flatMap((each) => [add(each), add(each)]));
      expect((await store.getSnapshot({ snapshotId: id }))?.state?.custom).toBe(6);
    },
  },
  {
    name: "keeps ids of snapshots and sessions apart, whatever their characters",
    run: async (store) => checkIds(store, IDS),
  },
  { name: "keeps long ids apart", quick: true, run: async (store) => checkIds(store, LONG_IDS) },
  {
    name: "returns snapshots that belong to the caller",
    run: async (store) => {
      const id = await save(store, { state: { custom: { list: [1] } } });
      change(await store.getSnapshot({ snapshotId: id }));
      await store.saveSnapshot(id, (current) => {
        change(current);
        return null;
      });
      expect((await store.getSnapshot({ snapshotId: id }))?.state?.custom).toEqual({ list: [1] });
    },
  },
];
