import assert from "node:assert/strict";
import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { marker, message, messages, newKey, textsOf, title } from "../entries.test-helper.ts";
import type { Check } from "./check.test-helper.ts";

/** Requirements of applications if a batch is sent twice, as the SDK does after a failure and in an import. */
export const REPETITIONS: readonly Check[] = [
  {
    name: "an append without entries creates no session, and is not a change of one",
    async run({ store }) {
      const key = newKey();
      await store.append(key, []);
      assert.equal(await store.load(key), null);
      assert.deepEqual(await store.listSessions(key.projectKey), []);
      await store.append(key, messages(1));
      const [before] = await store.listSessions(key.projectKey);
      await new Promise((resolve) => setTimeout(resolve, 2));
      await store.append(key, []);
      assert.deepEqual(await store.listSessions(key.projectKey), [before]);
    },
  },
  {
    name: "a batch that is sent again is not stored again",
    async run({ store, open }) {
      const key = newKey();
      const entries = [...messages(4), message("cut \ud83d")];
      await store.append(key, entries);
      await store.append(key, structuredClone(entries));
      await open().append(key, entries);
      assert.deepEqual(await store.load(key), entries);
    },
  },
  {
    name: "a batch that is sent again after 200 others is not stored again, and leaves the summary as it is",
    quick: "databases",
    async run({ store, open }) {
      const key = newKey();
      const [first, ...batches] = Array.from({ length: 200 }, (_, index) => [
        message(`m ${index}`, { gitBranch: `branch-${index}` }),
      ]);
      assert.ok(first !== undefined);
      await store.append(key, first);
      await store.append(key, batches.flat());
      const summaries = await store.listSessionSummaries(key.projectKey);
      await open().append(key, first);
      await store.append(key, first);
      assert.deepEqual(await store.load(key), [first, ...batches].flat());
      assert.deepEqual(await store.listSessionSummaries(key.projectKey), summaries);
    },
  },
  {
    name: "the missing entries of a batch that was stored in part are added, in order",
    async run({ store, open }) {
      const key = newKey();
      const [a, b, c, d] = messages(4) as [
        SessionStoreEntry,
        SessionStoreEntry,
        SessionStoreEntry,
        SessionStoreEntry,
      ];
      await store.append(key, [a, b]);
      await open().append(key, [a, b, c, d]);
      await store.append(key, [b, c]);
      assert.deepEqual(await store.load(key), [a, b, c, d]);
    },
  },
  {
    name: "an entry that a batch contains twice is stored once",
    async run({ store }) {
      const key = newKey();
      const [a, b] = messages(2) as [SessionStoreEntry, SessionStoreEntry];
      await store.append(key, [a, b, a]);
      assert.deepEqual(await store.load(key), [a, b]);
    },
  },
  {
    name: "entries without a uuid are stored as often as they are appended",
    async run({ store, open }) {
      const key = newKey();
      for (const mode of ["plan", "edit", "plan", "plan"]) await store.append(key, [marker(mode)]);
      await open().append(key, [marker("plan"), marker("plan")]);
      await store.append(key, [message("m"), marker("plan")]);
      const expected = ["plan", "edit", "plan", "plan", "plan", "plan", "m", "plan"];
      assert.deepEqual(textsOf(await store.load(key)), expected);
    },
  },
  {
    name: "entries without a uuid in a batch that is sent again are not stored again",
    async run({ store, open }) {
      const key = newKey();
      const batches = [
        [message("a"), marker("x"), marker("x"), message("b"), marker("y")],
        [marker("z"), message("c")],
      ];
      for (const batch of batches) await store.append(key, batch);
      for (const batch of batches) await store.append(key, batch);
      for (const batch of batches) await open().append(key, batch);
      assert.deepEqual(await store.load(key), batches.flat());
    },
  },
  {
    name: "entries in batches of other boundaries are not stored again, and leave the summary as it is",
    quick: "databases",
    async run({ store, open }) {
      const [u1, u2, u3] = messages(3) as [SessionStoreEntry, SessionStoreEntry, SessionStoreEntry];
      const [a, b, c] = [title("A"), title("B"), title("C")];
      const histories = [
        [[u1], [a], [b], [a], [c, u2]],
        [
          [u1, a],
          [a, u2],
        ],
        [[a], [b, a], [u1, a], [a], [u2, b], [b, u3]],
      ];
      for (const batches of histories) {
        const key = newKey();
        const entries = batches.flat();
        for (const batch of batches) await store.append(key, batch);
        const summaries = await store.listSessionSummaries(key.projectKey);
        const last = entries.findLastIndex(({ uuid }) => uuid !== undefined);
        for (const writer of [store, open()]) {
          await writer.append(key, entries);
          // Each begins at another entry, and contains one with a uuid.
          for (let start = 0; start <= last; start += 1) await writer.append(key, entries.slice(start));
        }
        assert.deepEqual(await store.load(key), entries);
        assert.deepEqual(await store.listSessionSummaries(key.projectKey), summaries);
      }
    },
  },
  {
    name: "the same uuid in another session, or in a subpath, is another entry",
    async run({ store }) {
      const [key, other] = [newKey(), newKey()];
      const entries = messages(1);
      for (const each of [key, other, { ...key, subpath: "s" }]) {
        await store.append(each, entries);
        assert.deepEqual(await store.load(each), entries);
      }
    },
  },
];
