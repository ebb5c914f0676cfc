import type { AppendOptions, StoredThread, ThreadStore } from "@threadstore/core";
import { FAULTY_NETWORK, section, type ConformanceCase } from "../suite/conformance-case.ts";
import {
  expectEqual,
  expectError,
  expectMissing,
  expectTrue,
  loadExisting,
  outcomeOf,
  show,
} from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import { expectFlatChanges } from "./support/change-costs.ts";
import { append, appendToNew, touch } from "./support/changes.ts";
import { appendInProcesses } from "./support/keyed-appends.ts";
import { RESPONSE_LOST, strikeEach } from "./support/lost-responses.ts";
import { expectUnchanged, idsOf, textOf } from "./support/reading.ts";

const MINUTE = 60_000;
const CHAT = '{"messages":[]}';

/** The beginnings and ends of threads, between which an append must insert its elements. */
const ARRAYS: readonly (readonly [start: string, end: string, isEmpty?: boolean])[] = [
  ['{"messages":[', "]}", true],
  ['{"n":1,"messages":[1', "]}"],
  ['{ "messages" : [ \n', "]\t} \r\n", true],
  ['{"messages":[{"role":"user"}\n  ', "]\n}\n"],
  ['{"a":[],"messages":[[]', "]}"],
  ['{"messages":[[[]]', "]}"],
  ['{"messages":["["', "]}"],
  ['{"messages":["]}"', "]}"],
  ['{"messages":["\\\\"', "]}"],
  ['{"messages":["\\",\\"threadstore\\":{"', "]}"],
  ['{"messages":["caf\u00e9 \u{1f9f5}"', "]}"],
  [`{"messages":["${"x".repeat(20_000)}"`, "]}"],
  [`{"messages":[${" ".repeat(300)}`, `]${"\n".repeat(200)}}`, true],
  [`{"messages":[0${" ".repeat(300)}`, `]${"\t".repeat(200)}}`],
  [`{"text":"${"\u00e9".repeat(40_000)}","messages":[0`, "]}"],
  ['{"messages":[],"":[', "]}", true],
];

/** Threads to which nothing can be appended. */
const WITHOUT_ARRAY = [
  "{}",
  '{"n":1}',
  '{"messages":[],"n":1}',
  '{"m":{"n":[]}}',
  '{"m":"[]"}',
  '{"m":"]}"}',
];

const UNUSUAL_ELEMENTS: readonly unknown[] = [
  null,
  true,
  -0,
  1e21,
  "",
  "\u0000\u2028\ud83e\uddf5 e\u0301",
  [],
  {},
  [[1]],
  JSON.parse('{"__proto__":{"":[]}}'),
  { text: '"]}' },
];

export const appendAndTouch: ConformanceCase[] = section("Append and touch", [
  {
    id: "A1-1",
    title: "append inserts before the closing bracket of the last array and keeps every other byte",
    clauses: ["A1", "V1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      for (const [n, [start, end, isEmpty = false]] of ARRAYS.entries()) {
        const id = `thread-${n}`;
        const first = await store.save(id, start + end);
        const result = await other.append(id, [{ role: "user", content: "caf\u00e9" }, 2]);
        const added = `${isEmpty ? "" : ","}{"role":"user","content":"caf\u00e9"},2`;
        const stored = await loadExisting(store, id, "a thread exists after an append");
        expectEqual(stored.json, start + added + end, "an append changes nothing but its array");
        expectEqual(result.version, stored.version, "append returns the new version");
        expectTrue(
          result.version !== first.version,
          "an append creates a new version",
          "it kept the old one",
        );
        expectEqual(result.size, Buffer.byteLength(stored.json), "append returns the new size");
        expectEqual(result.appended, true, "append reports that it appended");
      }
    },
  },
  {
    id: "A1-2",
    title: "elements come back exactly, in order, after many appends of several clients",
    clauses: ["A1", "V4"],
    async run({ open }) {
      const clients = [await open(), await open()];
      const [store] = clients as [ThreadStore, ThreadStore];
      await store.save("a", { kind: "chat", messages: [] });
      for (const [n, element] of UNUSUAL_ELEMENTS.entries()) {
        await clients[n % clients.length]?.append("a", n % 3 === 0 ? [element, n] : [element]);
      }
      const expected = UNUSUAL_ELEMENTS.flatMap((each, n) => (n % 3 === 0 ? [each, n] : [each]));
      expectEqual(
        await textOf(store, "a"),
        JSON.stringify({ kind: "chat", messages: expected }),
        "a thread has the appended elements in order",
      );
    },
  },
  {
    id: "A1-3",
    title: "appends, saves, updates and touches of a thread build on one another",
    clauses: ["A1", "A3", "C2"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      let stored = await store.save("a", { messages: [0] });
      for (const n of range(4)) {
        const cached = await loadExisting(store, "a", "the thread can be loaded");
        const appended = await other.append("a", [`append ${n}`]);
        await expectError("CONFLICT", "a save with the version before an append", () =>
          store.save("a", { messages: [] }, { previous: cached }),
        );
        const current = await store.load("a", { cached });
        expectEqual(current?.version, appended.version, "load with `cached` notices an append");
        const messages = [...messagesOf(current), `save ${n}`];
        stored = await store.save("a", { messages }, { previous: n % 2 === 0 ? current : appended });
        await other.touch("a", { metadata: { n: String(n) } });
        await store.update("a", (thread) => ({
          messages: [...messagesOf(thread), `update ${n}`],
        }));
      }
      const steps = range(4).flatMap((n) => [`append ${n}`, `save ${n}`, `update ${n}`]);
      expectEqual(
        await textOf(other, "a"),
        JSON.stringify({ messages: [0, ...steps] }),
        "no change of a thread undoes another one",
      );
      expectTrue(stored.version !== "", "save returns a version", "it was empty");
    },
  },
  {
    id: "A1-4",
    title: "a thread whose last member is not an array is INVALID_ARGUMENT, and nothing is written",
    clauses: ["A1", "F1"],
    async run({ open }) {
      const store = await open();
      for (const [n, text] of WITHOUT_ARRAY.entries()) {
        const { version } = await store.save(`thread-${n}`, text);
        await expectError("INVALID_ARGUMENT", `an append to ${text}`, () => store.append(`thread-${n}`, [1]));
        await expectUnchanged(store, `thread-${n}`, version, text);
        await expectError("INVALID_ARGUMENT", `an append with create: ${text}`, () =>
          store.append("missing", [1], { create: text }),
        );
      }
      await expectMissing(store, "missing", "a rejected append creates nothing");
    },
  },
  {
    id: "A1-5",
    title: "elements that are not strict JSON, or none, are INVALID_ARGUMENT with the path",
    clauses: ["A1", "V2", "F1"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", CHAT);
      const cycle: unknown[] = [];
      cycle.push(cycle);
      const wrong = [
        [undefined],
        [Number.NaN],
        [1n],
        [new Date()],
        [() => 1],
        ["\ud800"],
        cycle,
        [[new Map()]],
      ];
      for (const elements of wrong) {
        const error = await expectError("INVALID_ARGUMENT", `an append of ${show(elements)}`, () =>
          store.append("a", elements),
        );
        expectTrue(error.path !== undefined, "the error has the path of the value", "it has none");
      }
      for (const elements of [[], {}, "text", null, undefined, 1]) {
        await expectError("INVALID_ARGUMENT", `an append of ${show(elements)}`, () =>
          store.append("a", elements as unknown[]),
        );
      }
      await expectUnchanged(store, "a", version, CHAT);
    },
  },
  {
    id: "A1-6",
    title: "append copies its elements and options before it returns",
    clauses: ["A1", "V3"],
    async run({ open }) {
      const store = await open();
      const element = { text: "before" };
      const create = { messages: [] as unknown[] };
      const metadata = { title: "before" };
      const appending = store.append("a", [element], { create, metadata });
      element.text = "after";
      create.messages.push("after");
      metadata.title = "after";
      const result = await appending;
      expectEqual(
        result.metadata,
        { title: "before" },
        "append uses the metadata as they were when it was called",
      );
      result.metadata["title"] = "changed";
      result.createdAt.setTime(0);
      expectEqual(
        await textOf(store, "a"),
        '{"messages":[{"text":"before"}]}',
        "append uses its arguments as they were when it was called",
      );
    },
  },
  {
    id: "A1-7",
    title: "without a thread, append creates the one in `create` with the elements, or is CONFLICT",
    clauses: ["A1", "C3"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const error = await expectError("CONFLICT", "an append without a thread and `create`", () =>
        store.append("a", [1]),
      );
      expectEqual(error.currentVersion, undefined, "the error names no version, because there is none");
      await expectMissing(store, "a", "a rejected append creates nothing");
      const create = '{ "kind":"chat", "messages":[0] }';
      const created = await store.append("a", [1, 2], { create, metadata: { title: "T" }, ttlMs: MINUTE });
      const stored = await loadExisting(other, "a", "an append with `create` creates the thread");
      expectEqual(
        stored.json,
        '{ "kind":"chat", "messages":[0,1,2] }',
        "it has the elements of `create`, and those appended",
      );
      expectEqual(stored.metadata, { title: "T" }, "it has the metadata");
      expectEqual(stored.expiresAt, new Date(clock.now() + MINUTE), "it has the expiry");
      expectEqual(created.version, stored.version, "append returns its version");
      await other.append("a", [3], { create });
      expectEqual(
        await textOf(store, "a"),
        '{ "kind":"chat", "messages":[0,1,2,3] }',
        "`create` has no effect if the thread exists",
      );
      clock.advance(MINUTE);
      await expectError("CONFLICT", "an append to an expired thread", () => store.append("a", [4]));
      await other.append("a", [5], { create: { messages: [] } });
      const again = await loadExisting(store, "a", "an expired thread can be created by an append");
      expectEqual(again.json, '{"messages":[5]}', "nothing of an expired thread comes back");
      expectEqual(again.metadata, {}, "nothing of an expired thread comes back");
      expectEqual(again.createdAt, new Date(clock.now()), "nothing of an expired thread comes back");
      const both = { create: CHAT, previous: again } satisfies AppendOptions;
      await expectError("INVALID_ARGUMENT", "an append with `create` and `previous`", () =>
        store.append("a", [6], both),
      );
    },
  },
  {
    id: "A1-8",
    title: "append with `previous` appends only to that version",
    clauses: ["A1", "C2", "C3"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", CHAT);
      const second = await store.append("a", [1], { previous: first });
      const third = await store.append("a", [2], { previous: second });
      await store.append("a", [3], { previous: third.version });
      const current = await loadExisting(store, "a", "the thread can be loaded");
      expectEqual(current.json, '{"messages":[1,2,3]}', "appends with the current version succeed");
      for (const previous of [first, second, third.version]) {
        const error = await expectError("CONFLICT", "an append with an earlier version", () =>
          store.append("a", [4], { previous }),
        );
        expectEqual(
          error.currentVersion ?? current.version,
          current.version,
          "CONFLICT names the current version",
        );
      }
      await expectUnchanged(store, "a", current.version, current.json);
      await expectError("CONFLICT", "an append with `previous` to a missing thread", () =>
        store.append("b", [1], { previous: first.version }),
      );
      await expectMissing(store, "b", "a rejected append creates nothing");
    },
  },
  {
    id: "A1-9",
    title: "`maxThreadBytes` limits what an append results in, in bytes",
    clauses: ["A1", "V5"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 40 });
      const text = `{"messages":["${"\u00e9".repeat(9)}"]}`;
      const { version } = await store.save("a", text);
      await expectError("TOO_LARGE", "an append beyond `maxThreadBytes`", () =>
        store.append("a", ["\u00e9\u00e9"]),
      );
      await expectUnchanged(store, "a", version, text);
      await expectError("TOO_LARGE", "an append with `create` beyond `maxThreadBytes`", () =>
        store.append("b", ["\u00e9\u00e9"], { create: text }),
      );
      await expectMissing(store, "b", "a rejected append creates nothing");
      await store.append("a", ["\u00e9"]);
      const { size } = await loadExisting(store, "a", "an append up to `maxThreadBytes` is stored");
      expectEqual(size, 40, "an append may reach `maxThreadBytes`");
    },
  },
  {
    id: "A1-10",
    title: "append keeps metadata, `createdAt` and a named expiry, and moves `updatedAt`, like a save",
    clauses: ["A1", "M1", "T1", "T2", "T3"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now, ttlMs: 10 * MINUTE });
      const createdAt = new Date(clock.now());
      const expiresAt = new Date(clock.now() + 5 * MINUTE);
      await store.save("a", CHAT, { metadata: { title: "T" }, expiresAt });
      await store.save("b", CHAT);
      clock.advance(MINUTE);
      const [a, b] = [await store.append("a", [1]), await store.append("b", [1])];
      const now = new Date(clock.now());
      const sliding = new Date(clock.now() + 10 * MINUTE);
      for (const [result, metadata, expiry] of [
        [a, { title: "T" }, expiresAt],
        [b, {}, sliding],
      ] as const) {
        const {
          json: _json,
          thread: _thread,
          ...stored
        } = await loadExisting(store, result.id, "the thread can be loaded");
        const { appended: _appended, ...details } = result;
        expectEqual(details, stored, "append returns the details of the stored thread");
        expectEqual(
          [stored.createdAt, stored.updatedAt],
          [createdAt, now],
          "an append moves updatedAt, not createdAt",
        );
        expectEqual(stored.metadata, metadata, "an append without metadata keeps it");
        expectEqual(stored.expiresAt, expiry, "an append keeps a named expiry, and slides the store's ttlMs");
      }
      const changed = await store.append("a", [2], { metadata: { owner: "O" }, ttlMs: MINUTE });
      expectEqual(changed.metadata, { owner: "O" }, "an append with metadata replaces it");
      expectEqual(changed.expiresAt, new Date(clock.now() + MINUTE), "an append with ttlMs sets the expiry");
      const [listed] = (await store.listPage({ metadata: true, limit: 1 })).threads;
      expectEqual(
        listed,
        { corrupt: false, ...withoutAppended(changed) },
        "a listing has the details after an append",
      );
      clock.advance(-2 * MINUTE);
      const earlier = await store.append("b", [2]);
      expectEqual(earlier.updatedAt, b.updatedAt, "updatedAt never moves backwards");
    },
  },
  {
    id: "A2-1",
    title: "an append with a `key` that is remembered changes nothing and returns the stored version",
    clauses: ["A2"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const create = { messages: [] };
      const first = await store.append("a", [1], { key: "delivery-1", create });
      expectEqual(first.appended, true, "the first append with a key appends");
      const second = await store.append("a", [2], { key: "delivery-2", create });
      for (const [key, previous] of [["delivery-1"], ["delivery-2"], ["delivery-1", first]] as const) {
        const repeated = await other.append("a", [3], {
          key,
          ...(previous === undefined ? { create } : { previous }),
        });
        expectEqual(repeated.appended, false, "an append with a remembered key does not append");
        expectEqual(
          withoutAppended(repeated),
          withoutAppended(second),
          "it returns the details of the stored version",
        );
      }
      await expectUnchanged(store, "a", second.version, '{"messages":[1,2]}');
      await store.append("a", [4], { key: "Delivery-1" });
      await store.append("a", [5]);
      await store.append("a", [5]);
      expectEqual(
        await textOf(other, "a"),
        '{"messages":[1,2,4,5,5]}',
        "other keys, and appends without a key, append",
      );
      await store.save("b", CHAT);
      await store.append("b", [1], { key: "delivery-1" });
      expectEqual(await textOf(other, "b"), '{"messages":[1]}', "a key belongs to its thread");
    },
  },
  {
    id: "A2-2",
    title: "keys survive saves, updates, touches and other appends, but not a delete",
    clauses: ["A2", "M1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.append("a", [1], { key: "k", create: { messages: [] } });
      const changes: [name: string, change: () => Promise<unknown>][] = [
        ["an append", () => other.append("a", [2])],
        ["a touch", () => other.touch("a", { metadata: { title: "T" } })],
        ["an update", () => other.update("a", () => ({ n: 1, messages: [] }))],
        ["a save with overwrite", () => other.save("a", { messages: [] }, { overwrite: true })],
        ["a save", async () => other.save("a", { messages: [] }, { previous: await other.load("a") })],
        [
          "a save with a version",
          async () => other.save("a", '{"messages":[]}', { previous: (await other.load("a"))?.version }),
        ],
      ];
      for (const [name, change] of changes) {
        await change();
        const { appended } = await store.append("a", [3], { key: "k" });
        expectEqual(appended, false, `a key is remembered after ${name}`);
      }
      expectEqual(await textOf(store, "a"), CHAT, "a repeated key appends nothing");
      await store.delete("a");
      const { appended } = await store.append("a", [4], { key: "k", create: { messages: [] } });
      expectEqual(appended, true, "a new thread does not have the keys of a deleted one");
    },
  },
  {
    id: "A2-3",
    title: "the last 100 keys of a thread are remembered",
    clauses: ["A2"],
    async run({ open, settings }) {
      const store = await open();
      await store.save("a", CHAT);
      // Quick effort does not reach the limit.
      const count = { quick: 31, full: 101 }[settings.effort];
      for (const n of range(count)) await store.append("a", [n], { key: `key ${n}` });
      for (const n of [count - 1, Math.floor(count / 2), 1]) {
        const { appended } = await store.append("a", [n], { key: `key ${n}` });
        expectEqual(appended, false, `a key is remembered after ${count - 1 - n} other keys`);
      }
      const { thread } = await loadExisting(store, "a", "the thread can be loaded");
      expectEqual(thread, { messages: range(count) }, "each key appended once");
    },
  },
  {
    id: "A2-4",
    title: "a `key` that is not well-formed text of 1 to 256 bytes is INVALID_ARGUMENT",
    clauses: ["A2", "F1"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", CHAT);
      for (const key of ["", "x".repeat(257), "\u00e9".repeat(129), "\ud800", 1, null, {}]) {
        await expectError("INVALID_ARGUMENT", `an append with the key ${show(key)}`, () =>
          store.append("a", [1], { key: key as string }),
        );
      }
      await expectUnchanged(store, "a", version, CHAT);
      for (const key of ["x".repeat(256), "\u00e9".repeat(128), "\u0000", "\u00e9", "e\u0301", '"']) {
        const results = [await store.append("a", [1], { key }), await store.append("a", [1], { key })];
        expectEqual(
          results.map(({ appended }) => appended),
          [true, false],
          `the key ${show(key)} works`,
        );
      }
    },
  },
  {
    id: "A3-1",
    title: "touch changes metadata and expiry, and nothing else",
    clauses: ["A3", "M1", "T2", "T3"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const text = `{ "text":"${"\u00e9".repeat(3000)}", "n":[1.0] }\n`;
      const first = await store.save("a", text, { metadata: { title: "T" }, ttlMs: 5 * MINUTE });
      clock.advance(MINUTE);
      const renamed = await other.touch("a", { metadata: { title: "U" } });
      const { json, thread: _thread, ...stored } = await loadExisting(store, "a", "the thread can be loaded");
      expectEqual(json, text, "a touch does not change the thread");
      expectEqual(renamed, stored, "touch returns the details of the stored thread");
      expectTrue(stored.version !== first.version, "a touch creates a new version", "it kept the old one");
      expectEqual(stored.metadata, { title: "U" }, "a touch with metadata replaces it");
      expectEqual(stored.expiresAt, first.expiresAt, "a touch without an expiry keeps it");
      expectEqual(stored.createdAt, first.createdAt, "a touch keeps createdAt");
      expectEqual(stored.updatedAt, new Date(clock.now()), "a touch moves updatedAt");
      await expectError("CONFLICT", "a save with the version before a touch", () =>
        store.save("a", {}, { previous: first }),
      );
      const extended = await store.touch("a", { ttlMs: 10 * MINUTE });
      expectEqual(
        extended?.expiresAt,
        new Date(clock.now() + 10 * MINUTE),
        "a touch with ttlMs sets the expiry",
      );
      expectEqual(extended?.metadata, { title: "U" }, "a touch without metadata keeps it");
      const endless = await store.touch("a", { expiresAt: null, metadata: {} });
      expectEqual(
        [endless?.expiresAt, endless?.metadata],
        [undefined, {}],
        "a touch can end the expiry and clear metadata",
      );
      clock.advance(1000 * MINUTE);
      expectEqual(await textOf(other, "a"), text, "a thread without expiry stays");
      const [listed] = (await other.listPage({ metadata: true })).threads;
      expectEqual(listed, { corrupt: false, ...endless }, "a listing has the details after a touch");
    },
  },
  {
    id: "A3-2",
    title: "touch of a missing or expired thread returns undefined and creates nothing",
    clauses: ["A3", "E1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const { version } = await store.save("a", {}, { ttlMs: MINUTE });
      clock.advance(MINUTE);
      for (const id of ["a", "b"]) {
        expectEqual(
          await store.touch(id, { ttlMs: MINUTE }),
          undefined,
          "touch of a missing thread returns undefined",
        );
        await expectError("CONFLICT", "a touch with `previous` of a missing thread", () =>
          store.touch(id, { previous: version }),
        );
        await expectMissing(store, id, "a touch creates nothing and revives nothing");
      }
      expectEqual(await idsOf(store), [], "a touch creates nothing and revives nothing");
    },
  },
  {
    id: "A3-3",
    title: "touch with `previous` changes only that version, and rejects what a save rejects",
    clauses: ["A3", "C2", "M1", "T1"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", '{"n":1}');
      const second = await store.touch("a", { previous: first });
      const third = await store.touch("a", { previous: second });
      for (const previous of [first, second?.version]) {
        await expectError("CONFLICT", "a touch with an earlier version", () =>
          store.touch("a", { previous }),
        );
      }
      const wrong: Parameters<ThreadStore["touch"]>[1][] = [
        { metadata: { a: 1 } as never },
        { ttlMs: 0 },
        { expiresAt: new Date(0) },
        { overwrite: true } as never,
      ];
      for (const options of wrong) {
        await expectError("INVALID_ARGUMENT", `a touch with ${show(options)}`, () =>
          store.touch("a", options),
        );
      }
      await expectError("TOO_LARGE", "a touch with too much metadata", () =>
        store.touch("a", { metadata: { m: "x".repeat(100_000) } }),
      );
      await expectUnchanged(store, "a", third?.version ?? "", '{"n":1}');
    },
  },
  {
    id: "A1-11",
    title: "a corrupt record is CORRUPT for append and touch, and stays as it is",
    clauses: ["A1", "A3", "E2"],
    capabilities: ["rewrite"],
    async run({ open, rewrite }) {
      const store = await open();
      for (const [id, change] of damages) {
        await store.save(id, CHAT, { metadata: { title: "T" } });
        await rewrite(id, change);
        await expectError("CORRUPT", `an append to a record that is ${id}`, () => store.append(id, [1]));
        await expectError("CORRUPT", `an append with \`create\` to a record that is ${id}`, () =>
          store.append(id, [1], { create: CHAT }),
        );
        await expectError("CORRUPT", `a touch of a record that is ${id}`, () =>
          store.touch(id, { ttlMs: MINUTE }),
        );
        await expectError("CORRUPT", `a load of a record that is ${id}`, () => store.load(id));
      }
    },
  },
  {
    id: "A1-12",
    title: "damage before the appended elements is still found by a load",
    clauses: ["A1", "E2"],
    capabilities: ["rewrite"],
    async run({ open, rewrite }) {
      const store = await open();
      const text = JSON.stringify({ numbers: range(20_000), messages: [1] });
      for (const id of ["a", "b"]) {
        await store.save(id, text);
        await rewrite(id, (record) => withByte(record, 5000));
      }
      await outcomeOf(() => store.append("a", [2]));
      await outcomeOf(() => store.touch("b", { metadata: { title: "T" } }));
      for (const id of ["a", "b"]) {
        await expectError("CORRUPT", "a load of a damaged thread after an append or touch", () =>
          store.load(id),
        );
      }
    },
  },
  {
    id: "A1-13",
    title:
      "concurrent appends of several clients all take effect, each in one piece and in the client's order",
    tier: "concurrent",
    clauses: ["A1", "C4"],
    async run({ open, settings }) {
      const clients = await Promise.all(range(4).map(() => open()));
      const count = { quick: 6, full: 20 }[settings.effort];
      await clients[0]?.save("a", CHAT);
      await Promise.all(
        clients.map(async (store, client) => {
          const appendPair = (n: number) =>
            store.append("a", [
              [client, n, "first"],
              [client, n, "second"],
            ]);
          // A client need not wait for an append before the next one.
          for (const n of range(count / 2)) await Promise.all([appendPair(2 * n), appendPair(2 * n + 1)]);
        }),
      );
      const { thread } = await loadExisting(await open(), "a", "the thread can be loaded");
      const messages = thread["messages"] as [client: number, n: number, part: string][];
      for (const client of range(clients.length)) {
        expectEqual(
          messages.filter(([of]) => of === client).map(([, n, part]) => `${n} ${part}`),
          range(count).flatMap((n) => [`${n} first`, `${n} second`]),
          "all appends of a client take effect once, in order",
        );
      }
      for (const [index, [client, n, part]] of messages.entries()) {
        if (part !== "second") continue;
        expectEqual(messages[index - 1], [client, n, "first"], "the elements of an append stay together");
      }
    },
  },
  {
    id: "A1-14",
    title: "an append or touch whose response is lost succeeds once or is OUTCOME_UNKNOWN",
    ...FAULTY_NETWORK,
    clauses: ["A1", "A3", "C6"],
    run: (context) =>
      strikeEach(context, [append, appendToNew, touch], { type: "discardResponse" }, RESPONSE_LOST),
  },
  {
    id: "A4-1",
    title: "an append or touch transfers no more for a long thread than for a short one",
    ...FAULTY_NETWORK,
    clauses: ["A4"],
    run: expectFlatChanges,
  },
  {
    id: "A2-6",
    title: "appends of several processes with keys take effect once, in order, even if a process is killed",
    tier: "concurrent",
    clauses: ["A2", "A1", "C4", "D1"],
    capabilities: ["childProcess"],
    run: appendInProcesses,
  },
  {
    id: "A2-5",
    title: "of concurrent appends with one key, exactly one appends",
    tier: "concurrent",
    clauses: ["A2", "A1", "C4"],
    async run({ open, settings }) {
      const clients = await Promise.all(range(4).map(() => open()));
      for (const round of range({ quick: 6, full: 30 }[settings.effort])) {
        const results = await Promise.all(
          clients.map((store, client) =>
            store.append(`thread-${round % 2}`, [client], { key: `key ${round}`, create: { messages: [] } }),
          ),
        );
        expectEqual(
          results.filter(({ appended }) => appended).length,
          1,
          "exactly one of several appends with a key appends",
        );
      }
      for (const id of ["thread-0", "thread-1"]) {
        const { thread } = await loadExisting(await open(), id, "the thread can be loaded");
        const rounds = { quick: 3, full: 15 }[settings.effort];
        expectEqual(messagesOf({ thread }).length, rounds, "each key appended once");
      }
    },
  },
]);

function messagesOf(stored: Pick<StoredThread, "thread"> | undefined): readonly unknown[] {
  return stored === undefined ? [] : (stored.thread["messages"] as unknown[]);
}

/** Damage at the end of a record, by what it makes of the record. */
const damages: readonly (readonly [name: string, change: (record: Uint8Array) => Uint8Array])[] = [
  ["truncated", (record) => record.subarray(0, -5)],
  ["empty", () => new Uint8Array()],
  ["damaged", (record) => withByte(record, record.length - 40)],
  ["overwritten", (record) => new Uint8Array(record.length)],
];

/** Returns a copy of the record with another byte at an offset. */
function withByte(record: Uint8Array, offset: number): Uint8Array {
  const copy = record.slice();
  copy[offset] = copy[offset] === 0x79 ? 0x7a : 0x79;
  return copy;
}

function withoutAppended<Result extends { readonly appended: boolean }>(
  result: Result,
): Omit<Result, "appended"> {
  const { appended: _appended, ...details } = result;
  return details;
}
