import type { ThreadStore, StoredThread, SaveOptions } from "@threadstore/core";
import { jsonTexts, notThreadTexts, nestedText, nestedObject } from "../corpus/json-documents.ts";
import { refusedObjects, valuesThatAreNotThreads } from "../corpus/refused-values.ts";
import { shortThreads } from "../engines/random/arbitraries.ts";
import { longThreads } from "../engines/random/long-threads.ts";
import { sequentialProperty } from "../engines/random/sequential-property.ts";
import { section, type ConformanceCase } from "../suite/conformance-case.ts";
import {
  expectEqual,
  loadExisting,
  expectTrue,
  show,
  expectError,
  fail,
  outcomeOf,
} from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { RANDOM_CALLS_MS } from "./support/random-calls.ts";
import { textOf, expectUnchanged, idsOf, summariesOf } from "./support/reading.ts";
import { LONG_THREAD } from "./support/sample-threads.ts";
import { cuts, inParts, JOINED_PARTS, Conversation, LONG_TEXT } from "./support/text-in-parts.ts";

/** Expects each text to come back byte for byte, and parsed like `JSON.parse` does. */
async function textsRoundTrip(store: ThreadStore, texts: readonly string[]): Promise<void> {
  await inParallel(texts.entries(), 8, async ([index, text]) => {
    const saved = await store.save(`text-${index}`, text);
    expectEqual(saved.json, text, "save returns the text as it was passed");
    const stored = await loadExisting(store, `text-${index}`, "a saved text can be loaded");
    expectEqual(stored.json, text, "a thread passed as text comes back byte for byte");
    expectEqual(stored.size, Buffer.byteLength(text), "size is the length of the text in bytes");
    expectEqual(JSON.stringify(stored.thread), JSON.stringify(JSON.parse(text)), "thread is the parsed text");
  });
}

/** Expects the object to come back equal, with its members in the same order. */
async function objectRoundTrips(store: ThreadStore, id: string, thread: object): Promise<void> {
  await store.save(id, thread);
  const stored = await loadExisting(store, id, "a saved object can be loaded");
  expectEqual(
    JSON.stringify(stored.thread),
    JSON.stringify(thread),
    "a thread passed as an object comes back unchanged",
  );
  expectEqual(
    stored.json,
    JSON.stringify(thread),
    "a thread passed as an object is stored as JSON.stringify writes it",
  );
}

/** Returns the text of a thread with this many bytes. */
function textOfBytes(bytes: number, letter = "x"): string {
  const available = bytes - Buffer.byteLength('{"a":""}');
  return `{"a":"${letter.repeat(Math.floor(available / Buffer.byteLength(letter)))}"}`;
}

/** Returns a text whose 3-byte characters start at an offset from a chunk boundary. */
function wideText(offset: number, maxThreadBytes: number): string {
  const count = Math.min(350_000, Math.floor((maxThreadBytes - 1000) / 3));
  return JSON.stringify({ o: "x".repeat(offset), text: "\u20ac".repeat(count) });
}

// Quick effort leaves most of the work to two clients, which find almost all that one finds.
const randomCalls = { threads: shortThreads, lists: true, timeoutMs: RANDOM_CALLS_MS };
const randomLongThreads = { threads: longThreads, lists: false, timeoutMs: RANDOM_CALLS_MS };

export const values: ConformanceCase[] = section("Values", [
  {
    id: "V1-1",
    title: "a saved thread is loaded with its details",
    clauses: ["V1", "L4"],
    async run({ open }) {
      const store = await open();
      const thread = { messages: [{ role: "user", text: "Tell me a joke." }], count: 1 };
      await store.save("a", thread);
      const stored = await loadExisting(store, "a", "a saved thread can be loaded");
      expectEqual(stored.thread, thread, "a thread is loaded as it was saved");
      expectEqual(
        stored.json,
        JSON.stringify(thread),
        "a thread passed as an object is stored as JSON.stringify writes it",
      );
      expectEqual(stored.id, "a", "a stored thread has its id");
      expectEqual(stored.metadata, {}, "a thread saved without metadata has none");
      expectEqual(stored.expiresAt, undefined, "a thread saved without an expiry has none");
      expectTrue(
        stored.thread === stored.thread,
        "thread returns the same object every time",
        "it returned a different object",
      );
    },
  },
  {
    id: "V1-2",
    title: "a save replaces the earlier thread completely",
    clauses: ["V1", "C2"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { first: 1, both: { x: 1 } });
      const second = await store.save("a", { both: { y: 2 } }, { previous: first });
      const third = await store.save("b", { full: true }, { overwrite: true });
      await store.save("b", {}, { previous: third });
      expectEqual(second.thread, { both: { y: 2 } }, "save returns the saved thread");
      expectEqual(
        await textOf(store, "a"),
        '{"both":{"y":2}}',
        "a save replaces the whole thread without merging",
      );
      expectEqual(await textOf(store, "b"), "{}", "an empty thread replaces a full one");
    },
  },
  {
    id: "V1-3",
    title: "a shorter thread completely replaces a longer one",
    clauses: ["V1"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", LONG_THREAD);
      await store.save("a", '{"a":1}', { previous: saved });
      expectEqual(await textOf(store, "a"), '{"a":1}', "a shorter thread completely replaces a longer one");
      await store.save("a", LONG_THREAD, { overwrite: true });
      await store.save("a", '{"b":2}', { overwrite: true });
      expectEqual(await textOf(store, "a"), '{"b":2}', "a shorter thread completely overwrites a longer one");
    },
  },
  {
    id: "V1-4",
    title: "a thread passed as text comes back byte for byte",
    clauses: ["V1", "V4"],
    run: async ({ open }) => textsRoundTrip(await open(), jsonTexts),
  },
  {
    id: "V1-5",
    title: "empty and falsy values survive",
    clauses: ["V1"],
    async run({ open }) {
      const store = await open();
      await objectRoundTrips(store, "a", {});
      await objectRoundTrips(store, "b", {
        array: [],
        object: {},
        text: "",
        zero: 0,
        no: false,
        nothing: null,
      });
      await objectRoundTrips(store, "c", { nested: [[], {}, [[]], [{}], { a: [] }], empty: { "": "" } });
      const stored = await loadExisting(store, "c", "a saved object can be loaded");
      expectTrue(
        Array.isArray(stored.thread["nested"]),
        "an array stays an array",
        `it was ${show(stored.thread["nested"])}`,
      );
    },
  },
  {
    id: "V1-6",
    title: "numbers keep every digit, and -0 in an object becomes 0",
    clauses: ["V1", "V2"],
    async run({ open }) {
      const store = await open();
      const safe = Number.MAX_SAFE_INTEGER;
      const numbers = [
        safe,
        -safe,
        123456789012345,
        0.1,
        0.30000000000000004,
        5e-324,
        1.7976931348623157e308,
        1e21,
        1e-7,
        100,
      ];
      await objectRoundTrips(store, "a", { numbers });
      const stored = await loadExisting(store, "a", "a saved object can be loaded");
      expectEqual(stored.thread, { numbers }, "numbers are loaded as they were saved");
      expectEqual(
        (await store.save("b", { zero: -0 })).json,
        '{"zero":0}',
        "-0 in an object is saved as 0, as JSON.stringify does",
      );
      const text = '{"n":[12345678901234567890,1.0,1E5,-0,0.10,1e400]}';
      expectEqual((await store.save("c", text)).json, text, "numbers in text keep their spelling");
      expectEqual(
        (await loadExisting(store, "c", "a saved text can be loaded")).json,
        text,
        "numbers in text keep their spelling",
      );
    },
  },
  {
    id: "V1-7",
    title: "quotes, backslashes and line breaks survive",
    clauses: ["V1", "N4"],
    async run({ open }) {
      const store = await open();
      const text = '" \\ / \' ` \r\n \n \r \t \b \f \u0001 \u007f \\n \\\\ \\" {{x}} ${y} %s %41';
      await objectRoundTrips(store, "a", { text, [text]: [text] });
    },
  },
  {
    id: "V1-8",
    title: "every plane of Unicode survives without normalization",
    clauses: ["V1", "V4"],
    async run({ open }) {
      const store = await open();
      const texts = [
        "\u00e9",
        "e\u0301",
        "\u6f22\u5b57",
        "\u{1f468}\u200d\u{1f469}",
        "\u{10ffff}",
        "\u2028\u2029",
        "\ufeff",
        "\uffff\ufffd",
        "\u0085",
      ];
      await objectRoundTrips(store, "a", { texts, ...Object.fromEntries(texts.map((text) => [text, text])) });
      const stored = await store.save("b", { text: texts.join("") });
      expectEqual(stored.size, Buffer.byteLength(stored.json), "size counts bytes of UTF-8");
    },
  },
  {
    id: "V1-9",
    title: "members keep their order, with $type first",
    clauses: ["V1"],
    async run({ open }) {
      const store = await open();
      await objectRoundTrips(store, "a", { zebra: 1, $type: "x", apple: { z: 1, a: 2 }, Zulu: 3, "": 4 });
      await textsRoundTrip(store, [
        '{"$type":"agent","b":1,"a":2,"10":3,"9":4}',
        '{"messages":[{"$type":"text","z":1,"a":1}],"$id":"1","A":0}',
        '{"a":1,"a":2,"b":{"c":1,"c":2}}',
      ]);
    },
  },
  {
    id: "V1-10",
    title: "NUL and escaped lone surrogates in text survive",
    clauses: ["V1", "V4"],
    async run({ open }) {
      const store = await open();
      await objectRoundTrips(store, "a", { "nul\u0000name": "x\u0000y\u0000" });
      await textsRoundTrip(store, [
        '{"a":"\\ud800"}',
        '{"a":"\\udc00\\ud800","\\udfff":1}',
        '{"a":"\\u0000"}',
      ]);
    },
  },
  {
    id: "V1-11",
    title: "a megabyte of 3-byte characters survives at every offset",
    clauses: ["V1", "V4"],
    async run({ open, maxThreadBytes }) {
      const store = await open();
      for (const offset of [0, 1, 2]) {
        const text = wideText(offset, maxThreadBytes);
        await store.save("a", text, { overwrite: true });
        expectTrue(
          (await textOf(store, "a")) === text,
          "a long text is loaded unchanged",
          `at offset ${offset} it was different`,
        );
      }
    },
  },
  {
    id: "V1-12",
    title: "strings that look like other values stay strings",
    clauses: ["V1"],
    async run({ open }) {
      const store = await open();
      const thread = {
        a: "true",
        b: "1",
        c: "null",
        d: "[1]",
        e: '{"x":1}',
        f: "2020-01-01T00:00:00.000Z",
        g: "1e3",
        h: "undefined",
      };
      await store.save("a", thread);
      expectEqual(
        (await loadExisting(store, "a", "a saved object can be loaded")).thread,
        thread,
        "strings stay strings",
      );
      const envelope = { ...(await loadExisting(store, "a", "a saved object can be loaded")) };
      const text = JSON.stringify({
        thread: envelope,
        threadstore: { format: 1, id: "b", version: "x", expiresAt: 0 },
      });
      await store.save("b", text);
      expectEqual(
        await textOf(store, "b"),
        text,
        "a thread that looks like a stored record is still a thread",
      );
    },
  },
  {
    id: "V1-13",
    title: "a thread passed in parts comes back byte for byte, wherever it is split",
    clauses: ["V1"],
    async run({ open }) {
      const store = await open();
      const splits = [...jsonTexts, '{"a":"\u{1f600}"}'].flatMap(cuts);
      await inParallel(splits.entries(), 8, async ([index, parts]) => {
        const text = parts.join("");
        const saved = await store.save(`text-${index}`, inParts(parts));
        expectEqual(saved.json, text, JOINED_PARTS);
        expectEqual(saved.size, Buffer.byteLength(text), "size is the length of the text in bytes");
        expectEqual(
          (await loadExisting(store, `text-${index}`, "a saved thread can be loaded")).json,
          text,
          JOINED_PARTS,
        );
      });
    },
  },
  {
    id: "V1-14",
    title: "a conversation that grows, shrinks and changes in parts equals its joined parts",
    clauses: ["V1", "V3"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const conversation = new Conversation();
      const versions: { stored: StoredThread; text: string }[] = [];
      const save = async (): Promise<void> => {
        const { parts, text } = conversation;
        const saving = store.save("a", inParts(parts), { previous: versions.at(-1)?.stored });
        parts.splice(0, parts.length, "too late");
        versions.push({ stored: await saving, text });
        expectEqual(
          (await loadExisting(other, "a", "a saved thread can be loaded")).json,
          text,
          JOINED_PARTS,
        );
      };
      for (const turn of range(4)) {
        conversation.say(`${turn} ${LONG_TEXT}`);
        await save();
      }
      conversation.messages[1] = JSON.stringify(`1 ${LONG_TEXT.slice(1)}!`);
      await save();
      conversation.messages.splice(0, 2);
      await save();
      for (const text of ["short", `much longer ${LONG_TEXT}`, ""]) {
        conversation.messages.splice(-1);
        conversation.say(text);
        await save();
      }
      const stored = versions.map((version) => version.stored.json);
      expectEqual(
        stored,
        versions.map(({ text }) => text),
        "a thread returned by save does not change when later ones are saved",
      );
    },
  },
  {
    id: "V1-15",
    title: "load with a cached thread returns the same as without",
    clauses: ["V1", "E4"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const first = await store.save("a", { n: 1 }, { metadata: { title: "t" } });
      const current = await store.load("a", { cached: first });
      expectEqual(
        { ...current },
        { ...(await store.load("a")) },
        "load with a current cached thread returns the thread",
      );
      expectEqual(
        current?.json,
        '{"n":1}',
        "load with a current cached thread returns the text of the thread",
      );
      await other.save("a", { n: 2 }, { previous: first });
      expectEqual(
        (await store.load("a", { cached: first }))?.json,
        '{"n":2}',
        "load with a stale cached thread returns the current thread",
      );
      await other.delete("a");
      expectEqual(
        await store.load("a", { cached: first }),
        undefined,
        "load with a cached thread that was deleted returns undefined",
      );
    },
  },
  {
    id: "V1-16",
    title: "random calls by one client match a model of the contract",
    clauses: ["V1", "E1", "E3", "C1", "C2", "C3", "N1", "N2", "N3", "L1", "L2", "L4", "T1", "T2", "M1"],
    timeoutMs: RANDOM_CALLS_MS,
    run: (context) =>
      sequentialProperty(context, { ...randomCalls, clients: 1, reopens: false, quickRuns: 10 }),
  },
  {
    id: "V1-17",
    title: "random calls by two clients that close and reopen match a model of the contract",
    clauses: ["V1", "E1", "E3", "E4", "C1", "C2", "C3", "N1", "N2", "N3", "L1", "L2", "L4", "T1", "T2", "M1"],
    timeoutMs: RANDOM_CALLS_MS,
    run: (context) =>
      sequentialProperty(context, { ...randomCalls, clients: 2, reopens: true, quickRuns: 20 }),
  },
  {
    id: "V1-18",
    title: "a thread that loses its end again and again equals what is left",
    clauses: ["V1", "C1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      // Each piece is different, so that none can be missing or repeated without notice.
      const pieces = range(3200).map((n) => String(n).padStart(8, "."));
      const textOfPieces = (count: number): string => `{"text":"${pieces.slice(0, count).join("")}"}`;
      let previous = await store.save("a", textOfPieces(pieces.length));
      for (let count = pieces.length - 33; count > 0; count -= 33) {
        previous = await store.save("a", textOfPieces(count), { previous });
        const left = await loadExisting(other, "a", "a thread without its end can be loaded");
        expectEqual(left.json, textOfPieces(count), "a thread without its end equals what is left");
      }
    },
  },
  {
    id: "V1-19",
    title: "random calls with long threads that grow, shrink and change match a model of the contract",
    clauses: ["V1", "C1", "C2", "T1", "T2", "M1"],
    timeoutMs: RANDOM_CALLS_MS,
    run: (context) =>
      sequentialProperty(context, { ...randomLongThreads, clients: 2, reopens: true, quickRuns: 16 }),
  },
  {
    id: "V2-1",
    title: "an object that is not strict JSON is INVALID_ARGUMENT with the path, and nothing is written",
    clauses: ["V2"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      for (const [description, thread, path] of refusedObjects()) {
        const save = () => store.save("a", thread, { previous: version });
        const error = await expectError(
          "INVALID_ARGUMENT",
          `a save of an object with ${description} at ${path}`,
          save,
        );
        expectEqual(error.path, path, `the error for ${description} has its path`);
        await expectError("INVALID_ARGUMENT", `creating a thread from an object with ${description}`, () =>
          store.save("b", thread),
        );
      }
      await expectUnchanged(store, "a", version, '{"n":1}');
      expectEqual(await idsOf(store), ["a"], "a rejected save creates no thread");
    },
  },
  {
    id: "V2-2",
    title: "text that is not one JSON object is INVALID_ARGUMENT, and nothing is written",
    clauses: ["V2"],
    async run({ open }) {
      const store = await open();
      for (const text of notThreadTexts) {
        await expectError("INVALID_ARGUMENT", `a save of the text ${show(text)}`, () =>
          store.save("a", text),
        );
      }
      for (const thread of valuesThatAreNotThreads()) {
        await expectError("INVALID_ARGUMENT", `a save of ${show(thread)}`, () =>
          store.save("a", thread as object),
        );
      }
      expectEqual(await idsOf(store), [], "a rejected save creates no thread");
    },
  },
  {
    id: "V2-3",
    title: "all kinds of plain objects are accepted",
    clauses: ["V2"],
    async run({ open }) {
      const store = await open();
      const shared = { x: 1 };
      const bare = Object.assign(Object.create(null) as object, { y: 2 });
      const thread = {
        first: shared,
        second: [shared, shared],
        bare,
        frozen: Object.freeze([Object.freeze({ z: 3 })]),
      };
      expectEqual(
        (await store.save("a", thread)).json,
        JSON.stringify(thread),
        "an object that occurs twice is not a cycle",
      );
      expectEqual((await store.save("b", bare)).json, '{"y":2}', "an object without a prototype is plain");
    },
  },
  {
    id: "V2-5",
    title: "a thread is validated before its precondition, whatever is stored",
    clauses: ["V2", "V5"],
    async run({ open }) {
      const [store, other] = [await open({ maxThreadBytes: 100_000 }), await open()];
      const stale = await store.save("a", '{"n":1}');
      const current = await other.save("a", '{"n":2}', { previous: stale });
      const conditions: readonly (readonly [string, SaveOptions])[] = [
        ["over a stale version", { previous: stale.version }],
        ["over a stale thread", { previous: stale }],
        ["of an existing thread without previous", {}],
        ["over the current version", { previous: current.version }],
        ["with overwrite", { overwrite: true }],
      ];
      const long = JSON.stringify({ text: "x".repeat(100_000) });
      for (const [condition, options] of conditions) {
        for (const more of [{}, { metadata: {} }]) {
          for (const text of ["{", "[]", '{"n":1}{']) {
            await expectError("INVALID_ARGUMENT", `a save of the text ${show(text)} ${condition}`, () =>
              store.save("a", text, { ...options, ...more }),
            );
          }
          await expectError("TOO_LARGE", `a save of a long thread ${condition}`, () =>
            store.save("a", long, { ...options, ...more }),
          );
        }
      }
      await expectError("INVALID_ARGUMENT", "a save of invalid text over a missing thread", () =>
        store.save("b", "{", { previous: stale.version }),
      );
      await expectUnchanged(store, "a", current.version, '{"n":2}');
    },
  },
  {
    id: "V2-4",
    title: "parts that do not form a thread are rejected, even after parts that were saved",
    clauses: ["V2", "V5"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 100_000 });
      const conversation = new Conversation();
      for (const turn of range(3)) conversation.say(`${turn} ${LONG_TEXT}`);
      const { parts, text } = conversation;
      const saved = await store.save("a", inParts(parts));
      const wrong: [string, unknown[]][] = [
        ["no parts", []],
        ["parts that are not strings", ['{"a":', 1, "}"]],
        ["parts that do not form an object", ["[", "]"]],
        ["half a character", ['{"a":"', "\ud800", '"}']],
        ["parts without the last one", parts.slice(0, -1)],
        ["parts followed by an extra one", [...parts, ","]],
        ["a new part that is not JSON", [...parts.slice(0, -1), ",'x'", "]}"]],
      ];
      for (const [description, wrongParts] of wrong) {
        const thread = inParts(wrongParts);
        for (const previous of [saved, saved.version]) {
          await expectError("INVALID_ARGUMENT", `a save of ${description}`, () =>
            store.save("a", thread, { previous }),
          );
        }
        await expectError("INVALID_ARGUMENT", `creating a thread from ${description}`, () =>
          store.save("b", thread),
        );
      }
      const tooLong = [...parts.slice(0, -1), ...range(20).map(() => `,"${LONG_TEXT}"`), "]}"];
      await expectError("TOO_LARGE", "a save of parts whose total length exceeds the limit", () =>
        store.save("a", inParts(tooLong), { previous: saved }),
      );
      await expectUnchanged(store, "a", saved.version, text);
      expectEqual(await idsOf(store), ["a"], "a rejected save creates no thread");
    },
  },
  {
    id: "V3-1",
    title: "changing the arguments of save after the call does not affect the stored thread",
    clauses: ["V3"],
    async run({ open }) {
      const store = await open();
      const thread = { messages: [{ text: "as saved" }] };
      const metadata = { title: "as saved" };
      const expiresAt = new Date(Date.now() + 3_600_000);
      const until = expiresAt.getTime();
      const options: { -readonly [Name in keyof SaveOptions]: SaveOptions[Name] } = { metadata, expiresAt };
      const saving = store.save("a", thread, options);
      thread.messages.push({ text: "too late" });
      metadata.title = "too late";
      expiresAt.setTime(until + 1000);
      options.metadata = { title: "far too late" };
      const saved = await saving;
      thread.messages.length = 0;
      for (const stored of [saved, await loadExisting(store, "a", "a saved thread can be loaded")]) {
        expectEqual(
          stored.json,
          '{"messages":[{"text":"as saved"}]}',
          "the thread is stored as it was when save was called",
        );
        expectEqual(
          stored.metadata,
          { title: "as saved" },
          "the metadata is stored as it was when save was called",
        );
        expectEqual(
          stored.expiresAt?.getTime(),
          until,
          "the expiry is stored as it was when save was called",
        );
      }
    },
  },
  {
    id: "V3-2",
    title: "changing what a store returned does not affect the stored thread",
    clauses: ["V3"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", { list: [1] }, { metadata: { title: "t" }, ttlMs: 3_600_000 });
      const [summary] = await summariesOf(store);
      const first = await loadExisting(store, "a", "a saved thread can be loaded");
      for (const { thread } of [saved, first]) {
        const { list } = thread;
        if (!Array.isArray(list)) fail("an array is loaded as an array", `it was ${show(list)}`);
        list.push(2);
        thread["added"] = true;
      }
      for (const stored of [saved, first]) stored.metadata["title"] = "changed";
      for (const date of [saved, first, summary].flatMap((each) => [
        each?.createdAt,
        each?.updatedAt,
        each?.expiresAt,
      ])) {
        date?.setTime(0);
      }
      const second = await loadExisting(
        store,
        "a",
        "a thread can be loaded again after its copies were changed",
      );
      expectEqual(second.json, '{"list":[1]}', "changing a loaded thread does not affect the stored one");
      expectEqual(second.thread, { list: [1] }, "two loads share no objects");
      expectEqual(
        second.metadata,
        { title: "t" },
        "changing loaded metadata does not affect the stored metadata",
      );
      expectTrue(
        (second.expiresAt?.getTime() ?? 0) > Date.now(),
        "changing a loaded Date does not affect the stored one",
        `expiresAt was ${show(second.expiresAt)}`,
      );
      expectTrue(
        second.createdAt.getTime() > 0,
        "changing a loaded Date does not affect the stored one",
        "createdAt had the changed value",
      );
      const again = await store.save("a", { list: [3] }, { previous: first });
      expectEqual(
        again.metadata,
        { title: "t" },
        "a save keeps the stored metadata, not what the caller changed",
      );
    },
  },
  {
    id: "V3-3",
    title: "a store does not change its arguments",
    clauses: ["V3"],
    async run({ open }) {
      const store = await open();
      const thread = { messages: [{ text: "x" }] };
      const options = { metadata: { title: "t" }, ttlMs: 60_000, overwrite: true };
      const before = JSON.stringify({ thread, options });
      const saved = await store.save("a", thread, options);
      expectEqual(
        JSON.stringify({ thread, options }),
        before,
        "save does not change the thread or the options",
      );
      const frozen = Object.freeze({ previous: saved, metadata: Object.freeze({ title: "u" }) });
      await store.save("a", Object.freeze({ messages: Object.freeze([]) }), frozen);
      const listing = Object.freeze({ limit: 1, metadata: true });
      await store.listPage(listing);
      await store.load("a", Object.freeze({ cached: saved }));
      expectEqual(await textOf(store, "a"), '{"messages":[]}', "frozen threads and options are accepted");
      await store.delete("a", Object.freeze({}));
    },
  },
  {
    id: "V4-1",
    title: "members named __proto__ and constructor are plain data",
    clauses: ["V4", "V1"],
    async run({ open }) {
      const store = await open();
      const text =
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":[{"__proto__":null}]}';
      await textsRoundTrip(store, [text]);
      const object = JSON.parse(text) as object;
      await objectRoundTrips(store, "a", object);
      const { thread } = await loadExisting(store, "a", "a saved object can be loaded");
      expectTrue(
        Object.hasOwn(thread, "__proto__"),
        "__proto__ is an own member of the loaded thread",
        "it was not",
      );
      expectEqual(Object.getPrototypeOf(thread), Object.prototype, "a loaded thread is a plain object");
      expectTrue(
        !("polluted" in {}),
        "no thread adds members to Object.prototype",
        "every object has the member",
      );
    },
  },
  {
    id: "V4-2",
    title: "deep nesting survives, or is rejected if it is too deep for the engine",
    clauses: ["V4", "V2"],
    async run({ open }) {
      const store = await open();
      await textsRoundTrip(store, [nestedText(500), nestedText(1000)]);
      await objectRoundTrips(store, "a", nestedObject(500));
      await objectRoundTrips(store, "b", nestedObject(1000));
      for (const [id, thread] of [
        ["c", nestedText(5000)],
        ["d", nestedObject(5000)],
        ["e", nestedObject(200_000)],
      ] as const) {
        const outcome = await outcomeOf(() => store.save(id, thread));
        if (outcome.state === "resolved") {
          expectEqual(
            (await store.load(id))?.size,
            outcome.value.size,
            "a deeply nested thread that was saved can be loaded",
          );
        } else {
          // The deepest one is also longer than small limits allow.
          await expectError(["INVALID_ARGUMENT", "TOO_LARGE"], "a save of a thread nested too deeply", () =>
            Promise.reject(outcome.error),
          );
          expectEqual(await store.load(id), undefined, "a rejected save creates no thread");
        }
      }
    },
  },
  {
    id: "V5-1",
    title: "threads of all sizes up to the limit are saved, and one byte more is TOO_LARGE",
    clauses: ["V5", "V1"],
    async run({ open, settings, maxThreadBytes }) {
      const store = await open();
      // A backend may cut what is longer than its own limit, such as 16 MiB.
      const longest = settings.effort === "full" ? maxThreadBytes : Math.min(maxThreadBytes, 5_242_881);
      const sizes = [4095, 4096, 4097, 65_535, 65_536, 65_537, 1_048_576, longest];
      for (const size of sizes.filter((each) => each <= longest)) {
        const text = textOfBytes(size);
        const saved = await store.save("a", text, { overwrite: true });
        expectEqual(saved.size, size, "size is the length of the text in bytes");
        expectTrue(
          (await textOf(store, "a")) === text,
          `a thread of ${size} bytes is loaded unchanged`,
          "it was different",
        );
      }
      if (longest === maxThreadBytes) {
        const beyond = textOfBytes(maxThreadBytes + 1);
        await expectError("TOO_LARGE", `a save of ${beyond.length} bytes`, () =>
          store.save("a", beyond, { overwrite: true }),
        );
      }
      const limited = await open({ maxThreadBytes: 1000 });
      for (const letter of ["x", "\u00e9"]) {
        const fits = textOfBytes(1000, letter);
        const { version } = await limited.save("b", fits, { overwrite: true });
        const tooLong = `${fits.slice(0, -2)}x"}`;
        const call = `a save of ${Buffer.byteLength(tooLong)} bytes where the limit is 1000`;
        await expectError("TOO_LARGE", call, () => limited.save("b", tooLong, { previous: version }));
        await expectError("TOO_LARGE", call, () => limited.save("b", tooLong, { overwrite: true }));
        await expectError("TOO_LARGE", call, () => limited.save("c", JSON.parse(tooLong) as object));
        await expectUnchanged(limited, "b", version, fits);
      }
      expectEqual(await idsOf(limited), ["a", "b"], "a thread that is too large is not created");
    },
  },
]);
