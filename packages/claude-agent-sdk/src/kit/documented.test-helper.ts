import assert from "node:assert/strict";
import { foldSessionSummary } from "@anthropic-ai/claude-agent-sdk";
import { marker, message, messages, newKey } from "../entries.test-helper.ts";
import type { Check } from "./check.test-helper.ts";

/** Requirements of the SDK's documentation. */
export const DOCUMENTED: readonly Check[] = [
  {
    name: "entries are loaded as they were appended, in order",
    async run({ store, open }) {
      const key = newKey();
      const entries = [
        ...messages(3),
        marker("plan"),
        message("é 😀 \u2028 \0", { n: -1.5e-7, list: [null, {}] }),
      ];
      await store.append(key, entries);
      assert.deepEqual(await store.load(key), entries);
      assert.deepEqual(await open().load(key), entries);
    },
  },
  {
    name: "a session that was never written loads as null",
    async run({ store }) {
      assert.equal(await store.load(newKey()), null);
      assert.equal(await store.load(newKey({ subpath: "subagents/agent-1" })), null);
    },
  },
  {
    name: "appends are in the order of the calls, even if none is awaited",
    async run({ store }) {
      const key = newKey();
      const batches = ["a", "b", "c", "d", "e"].map((prefix) => messages(4, prefix));
      await Promise.all(batches.map(async (batch) => store.append(key, batch)));
      assert.deepEqual(await store.load(key), batches.flat());
    },
  },
  {
    name: "an append without entries adds nothing",
    async run({ store }) {
      const key = newKey();
      const entries = messages(1);
      await store.append(key, entries);
      await store.append(key, []);
      assert.deepEqual(await store.load(key), entries);
    },
  },
  {
    name: "a subpath has a separate transcript",
    async run({ store }) {
      const key = newKey();
      const subagent = { ...key, subpath: "subagents/agent-1" };
      const [main, own] = [messages(2, "main"), messages(2, "own")];
      await store.append(subagent, own);
      assert.equal(await store.load(key), null);
      await store.append(key, main);
      assert.deepEqual(await store.load(key), main);
      assert.deepEqual(await store.load(subagent), own);
    },
  },
  {
    name: "projects are separate, even for the same session id",
    async run({ store }) {
      const key = newKey();
      const other = { ...key, projectKey: `${key.projectKey}-2` };
      const entries = messages(2);
      await store.append(key, entries);
      await store.append(other, messages(1, "other"));
      assert.deepEqual(await store.load(key), entries);
      assert.deepEqual((await store.listSessions(key.projectKey)).length, 1);
      await store.delete(other);
      assert.deepEqual(await store.load(key), entries);
    },
  },
  {
    name: "sessions are listed with the time of their last append, in milliseconds",
    async run({ store, open }) {
      const key = newKey();
      const second = { ...key, sessionId: newKey().sessionId };
      const before = Date.now();
      await store.append(key, messages(1));
      await store.append(second, messages(1));
      await store.append(key, messages(1));
      const sessions = await open().listSessions(key.projectKey);
      assert.deepEqual(
        sessions.map((each) => each.sessionId).toSorted(),
        [key.sessionId, second.sessionId].toSorted(),
      );
      for (const { mtime } of sessions) {
        assert.ok(Number.isSafeInteger(mtime) && mtime >= before - 1 && mtime <= Date.now() + 1000);
      }
    },
  },
  {
    name: "subpaths are not listed as sessions",
    async run({ store }) {
      const key = newKey();
      await store.append({ ...key, subpath: "subagents/agent-1" }, messages(1));
      assert.deepEqual(await store.listSessions(key.projectKey), []);
      assert.deepEqual(await store.listSessionSummaries(key.projectKey), []);
      await store.append(key, messages(1));
      assert.equal((await store.listSessions(key.projectKey)).length, 1);
    },
  },
  {
    name: "a deleted session loads as null and is not listed",
    async run({ store, open }) {
      const key = newKey();
      const other = { ...key, sessionId: newKey().sessionId };
      await store.append(key, messages(2));
      await store.append(other, messages(2));
      await store.delete(key);
      await store.delete(key);
      assert.equal(await open().load(key), null);
      for (const list of [
        await store.listSessions(key.projectKey),
        await store.listSessionSummaries(key.projectKey),
      ]) {
        assert.deepEqual(
          list.map((each) => each.sessionId),
          [other.sessionId],
        );
      }
    },
  },
  {
    name: "deleting a session deletes its subpaths, and no others",
    quick: "every store",
    async run({ store }) {
      const key = newKey();
      const other = { ...key, sessionId: `${key.sessionId}0` };
      for (const each of [key, other]) {
        await store.append(each, messages(1));
        await store.append({ ...each, subpath: "subagents/agent-1" }, messages(1));
        await store.append({ ...each, subpath: "subagents/agent-2" }, messages(1));
      }
      await store.delete(key);
      assert.deepEqual(await store.listSubkeys(key), []);
      assert.equal(await store.load({ ...key, subpath: "subagents/agent-1" }), null);
      assert.equal((await store.listSubkeys(other)).length, 2);
    },
  },
  {
    name: "deleting a subpath deletes nothing else",
    async run({ store }) {
      const key = newKey();
      const entries = messages(1);
      await store.append(key, entries);
      for (const subpath of ["a", "ab"]) await store.append({ ...key, subpath }, entries);
      await store.delete({ ...key, subpath: "a" });
      assert.equal(await store.load({ ...key, subpath: "a" }), null);
      assert.deepEqual(await store.load({ ...key, subpath: "ab" }), entries);
      assert.deepEqual(await store.load(key), entries);
      assert.deepEqual(await store.listSubkeys(key), ["ab"]);
    },
  },
  {
    name: "the subpaths of a session are listed, and no others",
    async run({ store, open }) {
      const key = newKey();
      const subpaths = ["subagents/agent-1", "subagents/workflows/run-1/agent-2", "a/b/c"];
      for (const subpath of subpaths) await store.append({ ...key, subpath }, messages(1));
      await store.append(
        { ...key, sessionId: newKey().sessionId, subpath: "subagents/agent-9" },
        messages(1),
      );
      assert.deepEqual((await open().listSubkeys(key)).toSorted(), subpaths.toSorted());
    },
  },
  {
    name: "the main transcript is not listed as a subpath",
    async run({ store }) {
      const key = newKey();
      await store.append(key, messages(1));
      assert.deepEqual(await store.listSubkeys(key), []);
    },
  },
  {
    name: "summaries are those that the SDK folds, with the time of the listing",
    quick: "databases",
    async run({ store, open }) {
      const key = newKey();
      const batches = [
        [message("first", { cwd: "/work", gitBranch: "main" }), marker("plan")],
        [{ type: "custom-title", customTitle: "t".repeat(20_000), uuid: "title" }],
        [message("second", { gitBranch: "dev" }), { type: "tag", tag: "blue" }],
      ];
      for (const batch of batches) await open().append(key, batch);
      assert.deepEqual(await store.listSessionSummaries(key.projectKey), [
        {
          ...(await store.listSessions(key.projectKey))[0],
          data: foldSessionSummary(undefined, key, batches.flat(), { mtime: 0 }).data,
        },
      ]);
    },
  },
];
