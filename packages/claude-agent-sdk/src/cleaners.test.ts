import type { SessionKey, SessionStore } from "@anthropic-ai/claude-agent-sdk";
import { memoryStore } from "@threadstore/core";
import type { MemoryRecords } from "@threadstore/core/driver";
import { describe, expect, it } from "vitest";
import { killedStore, pausedStore } from "./driver.test-helper.ts";
import { messages, newKey } from "./entries.test-helper.ts";
import { claudeSessionStore } from "./index.ts";

// Two processes clean up the same session, and one of them is stopped after each of its requests in turn, while the
// other one finishes and the next session of that id is written.

type Sessions = Required<SessionStore>;

const SEGMENT_BYTES = 300;

function open(records: MemoryRecords): Sessions {
  return claudeSessionStore({ store: memoryStore({ records }), segmentBytes: SEGMENT_BYTES });
}

function subagentOf(key: SessionKey): SessionKey {
  return { ...key, subpath: "subagents/agent-1" };
}

async function fill(sessions: Sessions, key: SessionKey): Promise<void> {
  const entries = messages(3);
  for (const each of [key, subagentOf(key)])
    for (const entry of entries) await sessions.append(each, [entry]);
}

/** The states in which an earlier process left the session. */
const STATES: readonly [string, (records: MemoryRecords, key: SessionKey) => Promise<void>][] = [
  ["complete", async (records, key) => fill(open(records), key)],
  [
    "marked by a delete that was killed",
    async (records, key) => {
      await fill(open(records), key);
      const dying = claudeSessionStore({ store: killedStore(records, 1, "after") });
      await expect(dying.delete(key)).rejects.toThrow("killed");
    },
  ],
  [
    "without a main transcript, with segments that an append left",
    async (records, key) => {
      const session = memoryStore({ records }).namespace(key.projectKey).namespace(key.sessionId);
      for (const id of ["main.00000000-a", "main.00000001-b"])
        await session.namespace("segments").save(id, {});
    },
  ],
];

interface Work {
  readonly name: string;
  readonly deletes?: "session" | "subpath";
  readonly work: (sessions: Sessions, key: SessionKey) => Promise<void>;
}

const WORK: readonly Work[] = [
  { name: "deletes the session", deletes: "session", work: async (sessions, key) => sessions.delete(key) },
  {
    name: "deletes a subpath",
    deletes: "subpath",
    work: async (sessions, key) => sessions.delete(subagentOf(key)),
  },
  { name: "appends to the session", work: async (sessions, key) => sessions.append(key, messages(1)) },
  {
    name: "appends to a subpath",
    work: async (sessions, key) => sessions.append(subagentOf(key), messages(1)),
  },
];

const ROWS = STATES.flatMap(([state, leave]) => WORK.map((work) => ({ ...work, state, leave })));

describe("a slow process", () => {
  it.each(ROWS)(
    "that $name, which is $state, leaves the next session complete",
    async ({ leave, work, deletes }) => {
      let isPaused = true;
      for (let pauseAt = 1; isPaused; pauseAt += 1) {
        const key = newKey();
        const records: MemoryRecords = new Map();
        await leave(records, key);
        const slow = pausedStore(records, pauseAt);
        const working = work(claudeSessionStore({ store: slow.store, segmentBytes: SEGMENT_BYTES }), key);
        isPaused = await Promise.race([slow.paused.then(() => true), working.then(() => false)]);
        const fast = open(records);
        await fast.delete(key);
        const next = messages(3, "next");
        for (const entry of next) for (const each of [key, subagentOf(key)]) await fast.append(each, [entry]);
        slow.resume();
        await working;
        const loaded = await Promise.all(
          [key, subagentOf(key)].map(async (each) => open(records).load(each)),
        );
        const stored = loaded.map((entries) =>
          entries?.filter(({ uuid }) => next.some((each) => each.uuid === uuid)),
        );
        // A delete that had not begun can delete the next session, but only as a whole.
        const possible: unknown[][] = [
          [next, next],
          ...(deletes === "session" ? [[undefined, undefined]] : []),
        ];
        if (deletes === "subpath") possible.push([next, undefined]);
        expect(possible, `paused at ${pauseAt}`).toContainEqual(stored);
      }
    },
  );
});
