import { randomBytes } from "node:crypto";
import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { type CaseContext, CONCURRENT, type ConformanceCase, section } from "../suite/conformance-case.ts";
import {
  expectEqual,
  expectError,
  expectTrue,
  loadExisting,
  outcomeOf,
  show,
} from "../suite/expectations.ts";
import type { VersionedStore } from "../suite/versioned-store.ts";
import { range } from "../utilities/parallel.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";

const HOUR = 3_600_000;

/** Texts of which each changes another part of the one before it. */
const TEXTS = [
  '{"messages":[ ], "n":1.0}',
  '{"messages":[ {"a":"\\u00e9\u00e9\u{1f9f5}"} ], "n":1.0}',
  '{"messages":[ {"a":"\\u00e9\u00e8\u{1f9f6}"} ], "n":1.0}',
  '{"messages":[ {"a":"\\u00e9\u00e8\u{1f9f6}"} ], "n":1.0, "__proto__":{"1":1,"0":0}}',
  '{ "messages":[]}',
  "{}",
] as const;

/** Saves texts one after the other, each over the one before it. */
async function saveAll(store: VersionedStore, id: string, texts: readonly string[]): Promise<StoredThread[]> {
  const saved: StoredThread[] = [];
  for (const text of texts) saved.push(await store.save(id, text, { previous: saved.at(-1) }));
  return saved;
}

/** Resolves with the JSON of all versions that are listed, the newest first. */
async function textsOf(store: VersionedStore, id: string): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = [];
  for (const { version } of await store.versions(id)) {
    texts.push((await store.loadVersion(id, version))?.json);
  }
  return texts;
}

async function expectTexts(
  store: VersionedStore,
  id: string,
  texts: readonly string[],
  expectation: string,
): Promise<void> {
  expectEqual(await textsOf(store, id), texts, expectation);
}

/** Returns the version that a list must have at this index. */
function versionAt(threads: readonly StoredThread[], index: number): string {
  return threads.at(index)?.version ?? "";
}

async function expectNoVersions(
  store: VersionedStore,
  id: string,
  version: string,
  when: string,
): Promise<void> {
  expectEqual(await store.versions(id), [], `a thread has no versions ${when}`);
  const loaded = await store.loadVersion(id, version);
  expectTrue(loaded === undefined, `no version can be loaded ${when}`, `it returned ${show(loaded)}`);
}

/** Resolves with the length of a record as it is stored. */
async function storedLength({ rewrite }: CaseContext, id: string): Promise<number> {
  let length = 0;
  await rewrite(id, (record) => {
    ({ length } = record);
    return record;
  });
  return length;
}

export const history: ConformanceCase[] = section("History", [
  {
    id: "H1-1",
    title: "every saved state is a version, byte for byte, the newest first",
    clauses: ["H1"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const clock = stoppedClock();
      const store = await openHistory({}, { now: clock.now });
      const saved: StoredThread[] = [];
      for (const text of TEXTS) {
        clock.advance(1000);
        saved.push(await store.save("a", text, { previous: saved.at(-1) }));
      }
      const expected = saved.map(({ version, updatedAt, size }, index) => {
        return { version, updatedAt, size, isCurrent: index === saved.length - 1 };
      });
      const other = await openHistory();
      expectEqual(
        (await other.versions("a")).map(({ version, updatedAt, size, isCurrent }) => ({
          version,
          updatedAt,
          size,
          isCurrent,
        })),
        expected.toReversed(),
        "the versions of a thread are listed, the newest first",
      );
      await expectTexts(other, "a", TEXTS.toReversed(), "a version is loaded exactly as it was saved");
    },
  },
  {
    id: "H1-2",
    title: "appends, updates and overwrites make versions; touches and rejected calls do not",
    clauses: ["H1"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const [store, other] = [await openHistory(), await openHistory()];
      await store.append("a", [1], { create: '{"n":[ ]}' });
      await other.append("a", [2, 3]);
      const loaded = await loadExisting(store, "a", "a thread exists after an append");
      await other.update("a", () => '{"n":[ 4]}');
      await expectError("CONFLICT", "a save over a version that was replaced", () =>
        store.save("a", { n: [] }, { previous: loaded }),
      );
      await store.touch("a", { metadata: { title: "T" } });
      await other.save("a", '{"n":[ 5]}', { overwrite: true });
      const { version } = await loadExisting(store, "a", "a thread exists after a save");
      await store.save("a", '{"n":[ 6]}', { previous: version });
      const expected = ["6", "5", "4", "1,2,3", "1"].map((n) => `{"n":[ ${n}]}`);
      await expectTexts(store, "a", expected, "each change of the text is one version");
    },
  },
  {
    id: "H1-3",
    title: "a missing thread has no versions, and a thread has none of another",
    clauses: ["H1", "N3"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const store = await openHistory();
      await expectNoVersions(store, "a", "never", "before it is created");
      const saved = await saveAll(store.namespace("x"), "a", TEXTS);
      await saveAll(store.namespace("x"), "b", ['{"b":1}']);
      await expectNoVersions(store, "a", versionAt(saved, 0), "of a thread in another namespace");
      await store.save("a", '{"n":1}');
      const loaded = await store.loadVersion("a", versionAt(saved, 0));
      expectTrue(loaded === undefined, "a version belongs to its thread", `it returned ${show(loaded)}`);
      await expectTexts(store.namespace("x"), "b", ['{"b":1}'], "a thread has only its own versions");
    },
  },
  {
    id: "H1-4",
    title: "a thread that was stored without versions is the first version of its history",
    clauses: ["H1", "H3"],
    capabilities: ["history", "withoutHistory"],
    async run({ openHistory, openWithoutHistory }) {
      const plain = await openWithoutHistory();
      const earlier = await plain.save("a", TEXTS[0], { metadata: { title: "T" } });
      const first = await plain.save("a", TEXTS[1], { previous: earlier });
      await plain.save("b", '{"n":[ 1]}');
      const store = await openHistory();
      const versions = await store.versions("a");
      expectEqual(
        versions.map(({ version, isCurrent }) => ({ version, isCurrent })),
        [{ version: first.version, isCurrent: true }],
        "a thread without versions has its current state as the only one",
      );
      await store.fork("a", first.version, "c");
      const second = await store.save("a", TEXTS[2], { previous: first.version });
      expectEqual(second.metadata, { title: "T" }, "the first save with versions keeps the metadata");
      await expectTexts(
        store,
        "a",
        [TEXTS[2], TEXTS[1]],
        "the state that was stored without versions is one",
      );
      await expectTexts(store, "c", [TEXTS[1]], "a state that was stored without versions can be forked");
      await store.append("b", [2]);
      await store.touch("b", { metadata: { title: "T" } });
      const appended = ['{"n":[ 1,2]}', '{"n":[ 1]}'];
      await expectTexts(store, "b", appended, "an append keeps the state that was stored without versions");
      const restored = await store.restore("a", first.version);
      expectEqual(restored.json, TEXTS[1], "a state that was stored without versions can be restored");
    },
  },
  {
    id: "H2-1",
    title: "of saves and appends that race, exactly those that succeed are versions",
    ...CONCURRENT,
    clauses: ["H2", "C4"],
    capabilities: ["history"],
    async run({ openHistory, settings }) {
      const clients = await Promise.all(range(4).map(async () => openHistory()));
      const store = await openHistory();
      const texts = new Map<string, string>();
      const first = await store.save("a", '{"n":[]}');
      texts.set(first.version, first.json);
      const rounds = { quick: 5, full: 25 }[settings.effort];
      await Promise.all(
        clients.map(async (client, number) => {
          for (const round of range(rounds)) {
            const previous = await client.load("a");
            const saving = await outcomeOf(() => client.save("a", { n: [number, round] }, { previous }));
            if (saving.state === "resolved") texts.set(saving.value.version, saving.value.json);
            else if (!ThreadStoreError.is(saving.error, "CONFLICT")) throw saving.error;
          }
        }),
      );
      const versions = await store.versions("a");
      expectEqual(
        new Set(versions.map(({ version }) => version)),
        new Set(texts.keys()),
        "the versions are those of the saves that succeeded",
      );
      expectEqual(versions.length, texts.size, "each version is listed once");
      for (const [version, json] of texts) {
        const loaded = await store.loadVersion("a", version);
        expectEqual(loaded?.json, json, "a version has the text of the save that created it");
      }
    },
  },
  {
    id: "H3-1",
    title: "fork creates a thread from a version, and names its origin",
    clauses: ["H3"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const store = await openHistory();
      const saved = await saveAll(store, "a", TEXTS);
      await store.touch("a", { metadata: { title: "T" } });
      const origin = versionAt(saved, 1);
      await store.fork("a", origin, "b");
      const fork = await loadExisting(store, "b", "a fork can be loaded");
      expectEqual(fork.json, TEXTS[1], "a fork has the text of its version");
      expectEqual(
        fork.metadata,
        { title: "T", forkedFrom: "a", forkedFromVersion: origin },
        "the metadata of a fork are those of its source, and name the source and the version",
      );
      await store.save("b", '{"b":1}', { previous: fork });
      await expectTexts(store, "b", ['{"b":1}', TEXTS[1]], "a fork has its own history");
      await expectTexts(store, "a", TEXTS.toReversed(), "a fork does not change its source");
    },
  },
  {
    id: "H3-2",
    title: "fork never replaces a thread, and can be repeated",
    clauses: ["H3"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const store = await openHistory();
      const saved = await saveAll(store, "a", TEXTS);
      const origin = versionAt(saved, 2);
      const fork = await store.fork("a", origin, "b");
      await store.save("b", '{"b":1}', { previous: fork });
      const repeated = await store.fork("a", origin, "b");
      expectEqual(repeated.json, '{"b":1}', "a repeated fork returns the fork as it is now");
      await store.save("c", '{"c":1}');
      for (const [id, version] of [
        ["b", versionAt(saved, 1)],
        ["c", origin],
        ["a", origin],
      ] as const) {
        await expectError("CONFLICT", "a fork to the id of another thread", () =>
          store.fork("a", version, id),
        );
      }
      await expectError("CONFLICT", "a fork of a version that does not exist", () =>
        store.fork("a", "v", "d"),
      );
      await expectTexts(store, "b", ['{"b":1}', TEXTS[2]], "a fork never replaces a thread");
      await expectTexts(store, "c", ['{"c":1}'], "a fork never replaces a thread");
    },
  },
  {
    id: "H3-3",
    title: "restore saves a version as the newest one, and keeps what it replaces",
    clauses: ["H3"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const store = await openHistory();
      const saved = await saveAll(store, "a", TEXTS.slice(0, 3));
      const restored = await store.restore("a", versionAt(saved, 0));
      expectTrue(
        !saved.some(({ version }) => version === restored.version),
        "a restored thread has a new version",
        `it has ${show(restored.version)} again`,
      );
      const expected = [TEXTS[0], TEXTS[2], TEXTS[1], TEXTS[0]];
      await expectTexts(store, "a", expected, "a restore keeps the versions that it goes back from");
      await expectError("CONFLICT", "restoring a version that does not exist", () => store.restore("a", "v"));
    },
  },
  {
    id: "H4-1",
    title: "no more versions are kept than allowed, and always the newest",
    clauses: ["H4"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const store = await openHistory({ versions: 3 });
      const texts = range(30).map((n) => `{"n":${n}}`);
      const saved = await saveAll(store, "a", texts);
      await expectTexts(store, "a", texts.slice(-3).toReversed(), "the newest three versions are kept");
      const loaded = await store.loadVersion("a", versionAt(saved, -4));
      expectTrue(loaded === undefined, "the fourth version cannot be loaded", `it returned ${show(loaded)}`);
      const only = await openHistory({ versions: 1 });
      await expectTexts(only, "a", texts.slice(-1), "the current version is always kept");
    },
  },
  {
    id: "H4-2",
    title: "a version is kept for a time after the save that replaces it",
    clauses: ["H4"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const clock = stoppedClock();
      const store = await openHistory({ ageMs: HOUR }, { now: clock.now });
      const first = await store.save("a", '{"n":1}');
      clock.advance(10 * HOUR);
      const second = await store.save("a", '{"n":2}', { previous: first });
      clock.advance(HOUR / 2);
      await store.save("a", '{"n":3}', { previous: second });
      clock.advance(HOUR / 2);
      const all = ['{"n":3}', '{"n":2}', '{"n":1}'];
      await expectTexts(store, "a", all, "a version is kept for an hour after it was replaced");
      clock.advance(1000);
      await expectTexts(store, "a", all.slice(0, 2), "a version is not kept after that");
      clock.advance(100 * HOUR);
      await expectTexts(store, "a", all.slice(0, 1), "the current version is kept, however old it is");
    },
  },
  {
    id: "H4-3",
    title: "prune removes the text of versions that are not kept, and nothing else",
    clauses: ["H4"],
    capabilities: ["history", "rewrite"],
    async run(context) {
      const clock = stoppedClock();
      const store = await context.openHistory({ ageMs: HOUR }, { now: clock.now });
      // Random, so that a store that compresses cannot make it short.
      const lost = randomBytes(15_000).toString("base64");
      const first = await store.save("a", { lost }, { metadata: { title: "T" }, ttlMs: 100 * HOUR });
      const second = await store.save("a", '{"n":[ 2]}', { previous: first });
      clock.advance(HOUR + 1000);
      await store.save("a", '{"n":[ 3]}', { previous: second });
      const before = await loadExisting(store, "a", "a thread exists after a save");
      const length = await storedLength(context, "a");
      await store.prune("a");
      const after = await loadExisting(store, "a", "a thread exists after it was pruned");
      const freed = length - (await storedLength(context, "a"));
      expectTrue(
        freed > 10_000,
        "the lost text is not stored any more",
        `the record is ${freed} bytes shorter`,
      );
      expectEqual(
        { ...after, version: "", thread: {} },
        { ...before, version: "", thread: {} },
        "a pruned thread is the same, except for its version",
      );
      await expectTexts(
        store,
        "a",
        ['{"n":[ 3]}', '{"n":[ 2]}'],
        "pruning does not remove versions that are kept",
      );
      expectEqual(await store.prune("missing"), undefined, "a missing thread cannot be pruned");
    },
  },
  {
    id: "H5-1",
    title: "the history of a thread ends when the thread is deleted, erased or expires",
    clauses: ["H5", "T1"],
    capabilities: ["history"],
    async run({ openHistory }) {
      const clock = stoppedClock();
      const store = await openHistory({}, { now: clock.now });
      const ends: readonly (readonly [string, () => Promise<unknown>])[] = [
        ["after it was deleted", () => store.delete("a")],
        ["after it was erased", () => store.erase()],
        [
          "after it expired",
          async () => {
            await store.touch("a", { ttlMs: HOUR });
            clock.advance(HOUR + 1000);
          },
        ],
      ];
      for (const [when, end] of ends) {
        const saved = await saveAll(store, "a", TEXTS);
        await end();
        await expectNoVersions(store, "a", versionAt(saved, 0), when);
        await store.save("a", '{"new":1}');
        await expectTexts(
          store,
          "a",
          ['{"new":1}'],
          `a thread that is created again has no earlier versions ${when}`,
        );
        await store.delete("a");
      }
    },
  },
]);
