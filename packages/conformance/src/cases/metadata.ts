import type { ThreadStore, ThreadMetadata } from "@threadstore/core";
import { CONCURRENT, section, type ConformanceCase } from "../suite/conformance-case.ts";
import { loadExisting, expectEqual, expectTrue, expectError, show } from "../suite/expectations.ts";
import { itemAt, range } from "../utilities/parallel.ts";
import { expectUnchanged, idsOf } from "./support/reading.ts";
import { Conversation, inParts } from "./support/text-in-parts.ts";

const HOUR_MS = 3_600_000;

async function metadataOf(store: ThreadStore, id: string): Promise<ThreadMetadata> {
  return (await loadExisting(store, id, "a saved thread can be loaded")).metadata;
}

/** Returns metadata with this many bytes as JSON. */
function metadataOfBytes(bytes: number): ThreadMetadata {
  return { m: "x".repeat(bytes - Buffer.byteLength('{"m":""}')) };
}

export const metadata: ConformanceCase[] = section("Metadata", [
  {
    id: "M1-1",
    title: "a save with previous and without metadata keeps it",
    clauses: ["M1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const first = await store.save("a", { n: 1 }, { metadata: { title: "T", owner: "O" } });
      expectEqual(first.metadata, { title: "T", owner: "O" }, "save returns the metadata");
      const second = await store.save("a", { n: 2 }, { previous: first });
      const third = await other.save("a", { n: 3 }, { previous: second.version, metadata: undefined });
      await other.save("a", { n: 4 }, { previous: { version: third.version } });
      expectEqual(
        await metadataOf(store, "a"),
        { title: "T", owner: "O" },
        "a save without metadata keeps the stored metadata",
      );
    },
  },
  {
    id: "M1-2",
    title: "a save with metadata replaces all of it",
    clauses: ["M1"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", {}, { metadata: { title: "T", owner: "O" } });
      await store.save("a", {}, { previous: first, metadata: { title: "U" } });
      expectEqual(
        await metadataOf(store, "a"),
        { title: "U" },
        "metadata is replaced completely and not merged",
      );
      await store.save("a", {}, { overwrite: true, metadata: { owner: "P" } });
      expectEqual(
        await metadataOf(store, "a"),
        { owner: "P" },
        "metadata is replaced completely and not merged",
      );
    },
  },
  {
    id: "M1-3",
    title: "metadata: {} clears it",
    clauses: ["M1"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", {}, { metadata: { title: "T" } });
      const second = await store.save("a", {}, { previous: first, metadata: {} });
      expectEqual(second.metadata, {}, "metadata: {} clears the metadata");
      await store.save("a", {}, { previous: second });
      expectEqual(await metadataOf(store, "a"), {}, "cleared metadata does not come back");
    },
  },
  {
    id: "M1-4",
    title: "overwrite without metadata keeps it",
    clauses: ["M1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 1 }, { metadata: { title: "T" } });
      await other.save("a", { n: 2 }, { overwrite: true });
      expectEqual(
        await metadataOf(store, "a"),
        { title: "T" },
        "an overwrite without metadata keeps the stored metadata",
      );
      await store.update("a", () => ({ n: 3 }));
      expectEqual(
        await metadataOf(store, "a"),
        { title: "T" },
        "an update without metadata keeps the stored metadata",
      );
    },
  },
  {
    id: "M1-5",
    title: "every well-formed name and value survives",
    clauses: ["M1", "V4"],
    async run({ open }) {
      const store = await open();
      const userMetadata = JSON.parse(
        '{"__proto__":"p","constructor":"c","toString":"t","":"empty","z":"","a":"1"}',
      ) as ThreadMetadata;
      for (const text of ["\u00e9e\u0301", "\u{1f9f5}", "\u2028\u0000\r\n", '"\\', "true", "<&>", "; =,%"])
        userMetadata[text] = text;
      await store.save("a", {}, { metadata: userMetadata });
      const stored = await metadataOf(store, "a");
      expectEqual(
        JSON.stringify(stored),
        JSON.stringify(userMetadata),
        "metadata comes back unchanged and in order",
      );
      expectTrue(
        Object.hasOwn(stored, "__proto__"),
        "__proto__ is an own member of the metadata",
        "it was not",
      );
      const { threads } = await store.listPage({ metadata: true });
      expectEqual(
        JSON.stringify(threads[0]?.metadata),
        JSON.stringify(userMetadata),
        "a listing has the metadata unchanged",
      );
    },
  },
  {
    id: "M1-6",
    title: "metadata that is not a flat record of strings is INVALID_ARGUMENT, and nothing is written",
    clauses: ["M1", "F1"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 }, { metadata: { title: "T" } });
      const wrong: unknown[] = [
        null,
        1,
        "text",
        [],
        ["a"],
        { a: 1 },
        { a: null },
        { a: undefined },
        { a: {} },
        { a: ["b"] },
      ];
      wrong.push(
        { a: "\ud800" },
        { "\ud800": "a" },
        { a: true },
        { a: new String("b") },
        new Map([["a", "b"]]),
        () => ({}),
      );
      for (const value of wrong) {
        const options = { metadata: value as ThreadMetadata };
        await expectError("INVALID_ARGUMENT", `a save with metadata: ${show(value)}`, () =>
          store.save("a", {}, { ...options, previous: version }),
        );
        await expectError("INVALID_ARGUMENT", `creating a thread with metadata: ${show(value)}`, () =>
          store.save("b", {}, options),
        );
      }
      await expectUnchanged(store, "a", version, '{"n":1}');
      expectEqual(await idsOf(store), ["a"], "a rejected save creates nothing");
    },
  },
  {
    id: "M1-7",
    title: "metadata may have up to 64 KiB as JSON: one byte more is TOO_LARGE, and nothing is written",
    clauses: ["M1", "V5"],
    async run({ open }) {
      const store = await open();
      const fits = [
        metadataOfBytes(65_536),
        { m: "\u00e9".repeat(32_764) },
        Object.fromEntries(Array.from({ length: 3500 }, (_, n) => [`name-${n}`, "x"])),
      ];
      for (const userMetadata of fits) {
        await store.save("a", {}, { overwrite: true, metadata: userMetadata });
        expectEqual(await metadataOf(store, "a"), userMetadata, "metadata of 64 KiB is stored");
        const { threads } = await store.listPage({ metadata: true });
        expectEqual(threads[0]?.metadata, userMetadata, "metadata of 64 KiB is listed");
      }
      const { version, json } = await store.save("a", { n: 1 }, { overwrite: true });
      for (const userMetadata of [metadataOfBytes(65_537), { m: "\u00e9".repeat(32_765) }]) {
        const options = { previous: version, metadata: userMetadata };
        await expectError("TOO_LARGE", "a save with metadata of more than 64 KiB", () =>
          store.save("a", {}, options),
        );
      }
      await expectUnchanged(store, "a", version, json);
    },
  },
  {
    id: "M1-8",
    title:
      "the longest metadata fit together with the longest id and namespace, even if all of them are escaped",
    clauses: ["M1", "N1", "L4"],
    async run({ open }) {
      const [name, id] = ["\u0001".repeat(512), "\u0002".repeat(512)];
      const [view, other] = [(await open()).namespace(name), (await open()).namespace(name)];
      const userMetadata = { m: "\u0003".repeat(Math.floor((65_536 - Buffer.byteLength('{"m":""}')) / 6)) };
      const saved = await view.save(id, { n: 1 }, { metadata: userMetadata, ttlMs: 3_600_000 });
      await view.save(id, { n: 2 }, { previous: saved });
      expectEqual(await metadataOf(other, id), userMetadata, "the longest metadata is stored");
      const { threads } = await other.listPage({ metadata: true });
      expectEqual(
        threads.map((each) => each.id),
        [id],
        "a thread with the longest names is listed",
      );
      expectEqual(threads[0]?.metadata, userMetadata, "the longest metadata is listed");
    },
  },
  {
    id: "M1-9",
    title: "overwrites that race with a save of metadata and expiry do not lose them",
    ...CONCURRENT,
    clauses: ["M1", "T3", "C4"],
    async run({ open, settings }) {
      const clients = await Promise.all(range(4).map(() => open()));
      for (const round of range({ quick: 2, full: 10 }[settings.effort])) {
        const id = `thread-${round}`;
        const [first] = clients;
        await first?.save(id, { n: 0 }, { metadata: { title: "old" }, ttlMs: HOUR_MS });
        const options = { overwrite: true, metadata: { title: "new" }, ttlMs: 2 * HOUR_MS };
        const saving = range(8).map((n) => {
          const client = itemAt(clients, n);
          if (n !== round % 8) return client.save(id, { n }, { overwrite: true });
          return client.save(id, { n }, options);
        });
        const { expiresAt } = itemAt(await Promise.all(saving), round);
        const stored = await loadExisting(itemAt(clients, round), id, "an overwritten thread can be loaded");
        expectEqual(stored.metadata, { title: "new" }, "no overwrite undoes metadata that a save has set");
        expectEqual(stored.expiresAt, expiresAt, "no overwrite undoes an expiry that a save has set");
      }
    },
  },
  {
    id: "M1-10",
    title: "a long thread that grows keeps its metadata, expiry and createdAt",
    clauses: ["M1", "T2", "T3"],
    async run({ open, maxThreadBytes }) {
      const [store, other] = [await open(), await open()];
      const conversation = new Conversation();
      conversation.say("x".repeat(Math.min(300_000, maxThreadBytes - 10_000)));
      const options = { metadata: { title: "T" }, ttlMs: HOUR_MS };
      let saved = await store.save("a", conversation.text, options);
      const { createdAt, expiresAt } = saved;
      for (const form of ["text", "parts", "update", "text"]) {
        conversation.say(form);
        if (form === "update") await store.update("a", () => conversation.text);
        else
          saved = await store.save("a", form === "text" ? conversation.text : inParts(conversation.parts), {
            previous: await store.load("a"),
          });
        const stored = await loadExisting(other, "a", "a long thread can be loaded");
        expectTrue(stored.json === conversation.text, "a long thread that grows is complete", "it was not");
        expectEqual(
          [stored.metadata, stored.createdAt, stored.expiresAt],
          [{ title: "T" }, createdAt, expiresAt],
          "a long thread that grows keeps its metadata, createdAt and expiry",
        );
      }
    },
  },
]);
