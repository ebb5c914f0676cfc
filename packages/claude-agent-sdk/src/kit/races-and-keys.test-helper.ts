import assert from "node:assert/strict";
import { foldSessionSummary, type SessionKey } from "@anthropic-ai/claude-agent-sdk";
import { marker, message, messages, newKey, textsOf } from "../entries.test-helper.ts";
import type { Check } from "./check.test-helper.ts";

/** Requirements of applications in which several processes, projects and tenants use a store. */
export const RACES_AND_KEYS: readonly Check[] = [
  {
    name: "two writers of a session lose no entry, split no batch and keep their own order",
    quick: "every store",
    async run({ store, open }) {
      const key = newKey();
      const rounds = 5;
      const writers = [store, open(), open()];
      await Promise.all(
        writers.map(async (writer, index) => {
          for (let round = 0; round < rounds; round += 1) {
            await writer.append(key, [
              message(`${index} ${round}`),
              message(`${index} ${round}`, { cwd: "/w" }),
            ]);
          }
        }),
      );
      const texts = textsOf(await store.load(key));
      assert.deepEqual(
        texts.filter((_, index) => index % 2 === 0),
        texts.filter((_, index) => index % 2 === 1),
      );
      for (const index of writers.keys()) {
        const own = texts.filter((text, position) => position % 2 === 0 && text.startsWith(`${index} `));
        assert.deepEqual(
          own,
          Array.from({ length: rounds }, (_, round) => `${index} ${round}`),
        );
      }
    },
  },
  {
    name: "the summary is that of the stored entries, although writers raced",
    async run({ store, open }) {
      const key = newKey();
      await Promise.all(
        [store, open(), open()].map(async (writer, index) => {
          for (let round = 0; round < 5; round += 1) {
            await writer.append(key, [message(`${index} ${round}`, { gitBranch: `${index}-${round}` })]);
          }
        }),
      );
      const [summary] = await store.listSessionSummaries(key.projectKey);
      const folded = foldSessionSummary(undefined, key, (await store.load(key)) ?? [], { mtime: 0 });
      assert.deepEqual(summary?.data, folded.data);
    },
  },
  {
    name: "writers that send the same batch at once store it once",
    async run({ store, open }) {
      const key = newKey();
      const entries = [...messages(3), marker("plan")];
      await Promise.all([store, open(), open(), store].map(async (writer) => writer.append(key, entries)));
      assert.deepEqual(await store.load(key), entries);
    },
  },
  {
    name: "keys with any character, and keys that differ only in where a slash is, are separate",
    quick: "databases",
    async run({ store, open }) {
      const { sessionId: unique } = newKey();
      const keys: SessionKey[] = [
        { projectKey: `${unique}/a`, sessionId: "b" },
        { projectKey: unique, sessionId: "a/b" },
        { projectKey: unique, sessionId: "a", subpath: "b" },
        { projectKey: unique, sessionId: "a", subpath: "b/c" },
        { projectKey: unique, sessionId: "a/b", subpath: "c" },
        { projectKey: unique, sessionId: "segments", subpath: "segments" },
        { projectKey: unique, sessionId: "..", subpath: "../.." },
        { projectKey: unique, sessionId: "A", subpath: 'con. %2F:*?"<>|\\' },
        { projectKey: unique, sessionId: "e\u0301", subpath: "\u00e9" },
        { projectKey: unique, sessionId: "\u00e9", subpath: "😀\0\n" },
      ];
      for (const [index, key] of keys.entries()) await store.append(key, messages(1, `key ${index}`));
      for (const [index, key] of keys.entries()) {
        assert.deepEqual(textsOf(await open().load(key)), [`key ${index} 0`]);
        const { subpath } = key;
        if (subpath === undefined) continue;
        assert.ok((await store.listSubkeys(key)).includes(subpath), subpath);
      }
      assert.deepEqual(
        (await store.listSessions(unique)).map(({ sessionId }) => sessionId),
        ["a/b"],
      );
    },
  },
  {
    name: "long keys are separate and listed",
    quick: "every store",
    async run({ store }) {
      for (const character of ["p", "é", "😀"]) {
        const projectKey = `${newKey().sessionId}${character.repeat(172)}`;
        const long = character.repeat(600);
        for (const end of ["1", "2"]) {
          const key = { projectKey, sessionId: `${long}${end}` };
          await store.append(key, messages(1, `main ${end}`));
          await store.append({ ...key, subpath: `${long}${end}` }, messages(1, `sub ${end}`));
          assert.deepEqual(textsOf(await store.load(key)), [`main ${end} 0`]);
          assert.deepEqual(await store.listSubkeys(key), [`${long}${end}`]);
        }
        const sessions = await store.listSessions(projectKey);
        assert.deepEqual(sessions.map(({ sessionId }) => sessionId).toSorted(), [`${long}1`, `${long}2`]);
      }
    },
  },
  {
    name: "a session that was deleted starts again from nothing",
    quick: "databases",
    async run({ store, open }) {
      const key = newKey();
      const entries = [message("first", { cwd: "/old" })];
      const again = open();
      await store.append(key, entries);
      await again.append(key, [message("more")]);
      await store.delete(key);
      await again.append(
        key,
        entries.map((entry) => ({ ...entry, cwd: "/new" })),
      );
      assert.deepEqual(textsOf(await store.load(key)), ["first"]);
      const [summary] = await store.listSessionSummaries(key.projectKey);
      assert.equal(summary?.data["cwd"], "/new");
    },
  },
  {
    name: "loaded entries belong to the caller",
    async run({ store }) {
      const key = newKey();
      const entries = [message("a", { list: [1] })];
      await store.append(key, entries);
      const loaded = await store.load(key);
      Object.assign(loaded?.[0] ?? {}, { type: "changed" });
      loaded?.push(message("b"));
      assert.deepEqual(await store.load(key), entries);
    },
  },
  {
    name: "a lone surrogate, with which a tool's output can end, is preserved",
    async run({ store, open }) {
      const key = newKey();
      const entries = [message("cut \ud83d", { "\udc00": "\ud83d\ude00" }), message(String.raw`\ud83d`)];
      await store.append(key, entries);
      assert.deepEqual(await open().load(key), entries);
    },
  },
];
