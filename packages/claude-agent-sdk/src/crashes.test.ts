import { memoryStore, ThreadStoreError } from "@threadstore/core";
import { DriverError, type MemoryRecords } from "@threadstore/core/driver";
import { describe, expect, it } from "vitest";
import { interceptedStore, killedStore } from "./driver.test-helper.ts";
import { marker, message, messages, newKey } from "./entries.test-helper.ts";
import { claudeSessionStore } from "./index.ts";

const SEGMENT_BYTES = 600;
const MOMENTS = ["before", "after"] as const;

/** Opens the sessions as another process does, after the first one was killed. */
function reopen(records: MemoryRecords): ReturnType<typeof claudeSessionStore> {
  return claudeSessionStore({ store: memoryStore({ records }), segmentBytes: SEGMENT_BYTES });
}

function countRecords(records: MemoryRecords): number {
  return [...records.values()].reduce((sum, threads) => sum + threads.size, 0);
}

describe.each(MOMENTS)("a process that is killed %s one of its writes", (when) => {
  it("leaves each batch of an append complete or absent, and the SDK's repetition completes the session", async () => {
    const key = newKey();
    const batches = Array.from({ length: 5 }, (_, index) => [
      message(`${index}`),
      marker(`${index}`),
      message("b"),
    ]);
    let isFinished = false;
    for (let kill = 1; !isFinished; kill += 1) {
      const records: MemoryRecords = new Map();
      const dying = claudeSessionStore({
        store: killedStore(records, kill, when),
        segmentBytes: SEGMENT_BYTES,
      });
      let acknowledged = 0;
      try {
        for (const batch of batches) {
          await dying.append(key, batch);
          acknowledged += 1;
        }
        isFinished = true;
      } catch (error) {
        if (!ThreadStoreError.is(error)) throw error;
      }
      const sessions = reopen(records);
      const loaded = (await sessions.load(key)) ?? [];
      const possible = [acknowledged, acknowledged + 1].map((count) => batches.slice(0, count).flat());
      expect(possible, `killed at ${kill}`).toContainEqual(loaded);
      expect(await sessions.listSessions(key.projectKey)).toHaveLength(loaded.length === 0 ? 0 : 1);
      for (const batch of batches.slice(Math.max(0, acknowledged - 1))) await sessions.append(key, batch);
      expect(await sessions.load(key), `killed at ${kill}`).toEqual(batches.flat());
    }
  });

  it("leaves a session that is deleted complete or gone, and the next delete leaves nothing", async () => {
    const entries = messages(6);
    let isFinished = false;
    for (let kill = 1; !isFinished; kill += 1) {
      const key = newKey();
      const subpaths = ["subagents/agent-1", "subagents/agent-2"].map((subpath) => ({ ...key, subpath }));
      const records: MemoryRecords = new Map();
      const before = reopen(records);
      for (const each of [key, ...subpaths]) {
        for (const entry of entries) await before.append(each, [entry]);
      }
      const dying = claudeSessionStore({ store: killedStore(records, kill, when) });
      isFinished = await dying.delete(key).then(
        () => true,
        () => false,
      );
      const sessions = reopen(records);
      const [main, ...others] = await Promise.all(
        [key, ...subpaths].map(async (each) => sessions.load(each)),
      );
      const isGone = main === null;
      expect(others, `killed at ${kill}`).toEqual(subpaths.map(() => (isGone ? null : entries)));
      expect(await sessions.listSubkeys(key)).toHaveLength(isGone ? 0 : 2);
      expect(await sessions.listSessions(key.projectKey)).toHaveLength(isGone ? 0 : 1);
      await sessions.delete(key);
      expect(countRecords(records), `killed at ${kill}`).toBe(0);
    }
  });

  it.each(["the session", "a subpath"])(
    "while it deletes a session does not bring anything back when %s is written again",
    async (name) => {
      let isFinished = false;
      for (let kill = 1; !isFinished; kill += 1) {
        const key = newKey();
        const subagent = { ...key, subpath: "subagents/agent-1" };
        const again = name === "the session" ? key : { ...key, subpath: "subagents/agent-2" };
        const records: MemoryRecords = new Map();
        const before = reopen(records);
        for (const entry of messages(6)) {
          await before.append(key, [entry]);
          await before.append(subagent, [entry]);
        }
        isFinished = await claudeSessionStore({ store: killedStore(records, kill, when) })
          .delete(key)
          .then(
            () => true,
            () => false,
          );
        const isDeleted = (await reopen(records).load(key)) === null;
        const entries = messages(1, "again");
        await reopen(records).append(again, entries);
        if (!isDeleted) continue;
        const sessions = reopen(records);
        expect(await sessions.load(again), `killed at ${kill}`).toEqual(entries);
        expect(await sessions.load(subagent)).toBeNull();
        expect(await sessions.listSubkeys(key)).toEqual(name === "the session" ? [] : ["subagents/agent-2"]);
        expect(await sessions.listSessions(key.projectKey)).toHaveLength(name === "the session" ? 1 : 0);
      }
    },
  );

  it("while it deletes a subpath leaves it complete or gone, and the next delete leaves nothing of it", async () => {
    let isFinished = false;
    for (let kill = 1; !isFinished; kill += 1) {
      const key = newKey({ subpath: "subagents/agent-1" });
      const records: MemoryRecords = new Map();
      const entries = messages(6);
      for (const entry of entries) await reopen(records).append(key, [entry]);
      isFinished = await claudeSessionStore({ store: killedStore(records, kill, when) })
        .delete(key)
        .then(
          () => true,
          () => false,
        );
      expect([entries, null]).toContainEqual(await reopen(records).load(key));
      await reopen(records).delete(key);
      expect(countRecords(records), `killed at ${kill}`).toBe(0);
    }
  });
});

describe("a response that is lost", () => {
  /** Loses the response to the change number `lost`, before or after it is applied, as a network does. */
  function losingStore(records: MemoryRecords, lost: number, when: (typeof MOMENTS)[number]) {
    let changes = 0;
    const lose = (moment: string) => {
      if (moment === "before") changes += 1;
      if (changes !== lost || moment !== when) return;
      changes += 1;
      throw new DriverError("UNAVAILABLE", "The response was lost.", { effect: "unknown" });
    };
    return interceptedStore(records, { before: () => lose("before"), after: () => lose("after") });
  }

  it.each(MOMENTS)(
    "%s the write is applied leaves every entry once, with or without a uuid",
    async (when) => {
      const batches = [
        [marker("a")],
        [message("b"), marker("b")],
        [marker("a")],
        [marker("a")],
        messages(9),
        [marker("c")],
      ];
      for (let lost = 1; lost <= 12; lost += 1) {
        const key = newKey();
        const store = losingStore(new Map(), lost, when);
        const sessions = claudeSessionStore({ store, segmentBytes: SEGMENT_BYTES });
        for (const batch of batches) {
          // As the SDK does: three attempts with the same batch.
          await sessions
            .append(key, batch)
            .catch(async () => sessions.append(key, batch))
            .catch(async () => sessions.append(key, batch));
        }
        expect(await sessions.load(key), `lost ${lost}`).toEqual(batches.flat());
      }
    },
  );

  it("of an append without a uuid is recognized, even if the attempt that wrote it rejected", async () => {
    const key = newKey();
    let breaksAfter = Number.POSITIVE_INFINITY;
    let isDown = false;
    const fail = () => {
      if (isDown) throw new DriverError("ACCESS_DENIED", "The connection broke.", { effect: "unknown" });
    };
    const store = interceptedStore(new Map(), {
      after: () => {
        breaksAfter -= 1;
        isDown ||= breaksAfter === 0;
        fail();
      },
      // So that the outcome cannot be resolved.
      beforeRead: fail,
    });
    const sessions = claudeSessionStore({ store });
    await sessions.append(key, messages(1));
    breaksAfter = 1;
    await expect(sessions.append(key, [marker("plan")])).rejects.toThrow("The connection broke.");
    isDown = false;
    await sessions.append(key, [marker("plan")]);
    await sessions.append(key, [marker("plan")]);
    // The second attempt of the first, and a new one.
    expect(await sessions.load(key)).toHaveLength(3);
  });
});
