import assert from "node:assert/strict";
import type { Session } from "@google/adk";
import { newEvent } from "../model.test-helper.ts";
import { type Check, newNames } from "./check.test-helper.ts";

function idsOf(session: Session | undefined): string[] | undefined {
  return session?.events.map(({ id }) => id);
}

/** Requirements of applications in which several processes use a session. */
export const RACES: readonly Check[] = [
  {
    name: "of clients that create the same session at once, one does",
    async run({ service, open }) {
      const names = newNames();
      const outcomes = await Promise.allSettled(
        [service, open(), open()].map(async (each) => each.createSession(names)),
      );
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      const fresh = newNames();
      const sessions = await Promise.all(
        [service, open(), open()].map(async (each) => each.getOrCreateSession(fresh)),
      );
      assert.equal(new Set(sessions.map(({ id }) => id)).size, 1);
    },
  },
  {
    name: "a session that others have continued is merged by the next append",
    async run({ service, open }) {
      const names = newNames();
      const stale = await service.createSession({ ...names, state: { a: 1, kept: 1 } });
      stale.state["temp:x"] = 1;
      const other = open();
      const current = await other.getSession(names);
      assert.ok(current);
      await other.appendEvent({ session: current, event: newEvent("e1", { a: 2, "app:b": 2 }) });
      const event = newEvent("e2", { c: 3, "temp:y": 1 });
      assert.equal(await service.appendEvent({ session: stale, event }), event);
      assert.deepEqual(idsOf(stale), ["e1", "e2"]);
      assert.deepEqual({ ...stale.state }, { a: 2, kept: 1, c: 3, "app:b": 2, "temp:x": 1 });
      assert.deepEqual({ ...event.actions.stateDelta }, { c: 3 });
      await service.appendEvent({ session: stale, event: newEvent("e3") });
      assert.deepEqual(idsOf(await other.getSession(names)), ["e1", "e2", "e3"]);
    },
  },
  {
    name: "a copy of a session is merged, too",
    async run({ service, open }) {
      const names = newNames();
      const session = await service.createSession(names);
      const copy = structuredClone(session);
      await service.appendEvent({ session, event: newEvent("e1") });
      await open().appendEvent({ session: copy, event: newEvent("e2") });
      assert.deepEqual(idsOf(copy), ["e1", "e2"]);
    },
  },
  {
    name: "an event that is appended again is stored once, and does not bring back an old state",
    quick: true,
    async run({ service, open }) {
      const names = newNames();
      const session = await service.createSession(names);
      const event = newEvent("e0", { a: 0, "app:b": 0, "user:c": 0 });
      await service.appendEvent({ session, event });
      for (let count = 1; count <= 3; count += 1) {
        const delta = { a: count, "app:b": count, "user:c": count };
        await service.appendEvent({ session, event: newEvent(`e${count}`, delta) });
      }
      const other = open();
      const again = await other.getSession(names);
      assert.ok(again);
      await other.appendEvent({ session: again, event });
      await service.appendEvent({ session, event });
      for (const each of [session, again, await service.getSession(names)]) {
        assert.deepEqual(idsOf(each), ["e0", "e1", "e2", "e3"]);
        assert.deepEqual({ ...each?.state }, { a: 3, "app:b": 3, "user:c": 3 });
      }
    },
  },
  {
    name: "an event that is appended again after 120 others is stored once",
    async run({ service }) {
      const names = newNames();
      const session = await service.createSession(names);
      const event = newEvent("e", { a: "old" });
      await service.appendEvent({ session, event });
      for (let count = 0; count < 120; count += 1) {
        await service.appendEvent({ session, event: newEvent(`e${count}`, { a: count }) });
      }
      await service.appendEvent({ session, event });
      const stored = await service.getSession(names);
      assert.equal(stored?.events.length, 121);
      assert.equal(stored.state["a"], 119);
    },
  },
  {
    name: "writers of one session lose no event, keep their order and lose no state of the application",
    quick: true,
    async run({ service, open }) {
      const names = newNames();
      await service.createSession(names);
      const rounds = 6;
      await Promise.all(
        [service, open(), open()].map(async (writer, index) => {
          const session = await writer.getSession(names);
          assert.ok(session);
          for (let round = 0; round < rounds; round += 1) {
            const delta = {
              [`app:${index}-${round}`]: round,
              [`user:${index}`]: round,
              [`own${index}`]: round,
            };
            await writer.appendEvent({ session, event: newEvent(`${index} ${round}`, delta) });
          }
        }),
      );
      const stored = await open().getSession(names);
      for (const index of [0, 1, 2]) {
        const own = idsOf(stored)?.filter((id) => id.startsWith(`${index} `));
        assert.deepEqual(
          own,
          Array.from({ length: rounds }, (_, round) => `${index} ${round}`),
        );
        assert.equal(stored?.state[`own${index}`], rounds - 1);
        assert.equal(stored.state[`user:${index}`], rounds - 1);
      }
      assert.equal(
        Object.keys(stored?.state ?? {}).filter((key) => key.startsWith("app:")).length,
        3 * rounds,
      );
    },
  },
];
