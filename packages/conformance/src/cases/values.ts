import type { ThreadStore } from "@threadstore/core";
import { jsonTexts } from "../corpus/json-documents.ts";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, loaded, same, show } from "../suite/expectations.ts";
import { inParallel } from "../utilities/parallel.ts";

/** That each text comes back byte for byte, and parsed as JSON.parse does. */
export async function textsRoundTrip(store: ThreadStore, texts: readonly string[]): Promise<void> {
  await inParallel(texts.entries(), 8, async ([index, text]) => {
    const saved = await store.save(`text-${index}`, text);
    same(saved.json, text, "save hands out the text as it was given");
    const stored = await loaded(store, `text-${index}`, "a saved text is loaded");
    same(stored.json, text, "a thread given as text comes back byte for byte");
    same(stored.size, Buffer.byteLength(text), "size is the number of bytes of the text");
    same(JSON.stringify(stored.thread), JSON.stringify(JSON.parse(text)), "thread is the text, parsed");
  });
}

/** That the object comes back equal, its members in the same order. */
export async function objectRoundTrips(store: ThreadStore, id: string, thread: object): Promise<void> {
  await store.save(id, thread);
  const stored = await loaded(store, id, "a saved object is loaded");
  same(
    JSON.stringify(stored.thread),
    JSON.stringify(thread),
    "a thread given as an object comes back as it was",
  );
  same(
    stored.json,
    JSON.stringify(thread),
    "a thread given as an object is kept as JSON.stringify writes it",
  );
}

export const values: ConformanceCase[] = section("Values", "core", [
  {
    id: "V01",
    title: "a thread given as text comes back byte for byte",
    clauses: ["V1", "V4"],
    timeoutMs: 30_000,
    run: async ({ open }) => textsRoundTrip(await open(), jsonTexts),
  },
  {
    id: "V02",
    title: "empty and falsy values stay what they are",
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
      const stored = await loaded(store, "c", "a saved object is loaded");
      holds(
        Array.isArray(stored.thread["nested"]),
        "an array stays an array",
        `it was ${show(stored.thread["nested"])}`,
      );
    },
  },
  {
    id: "V03",
    title: "numbers keep every digit; -0 of an object is 0",
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
      const stored = await loaded(store, "a", "a saved object is loaded");
      same(stored.thread, { numbers }, "numbers are loaded as they were saved");
      same(
        (await store.save("b", { zero: -0 })).json,
        '{"zero":0}',
        "-0 in an object is saved as 0, as JSON.stringify does",
      );
      const text = '{"n":[12345678901234567890,1.0,1E5,-0,0.10,1e400]}';
      same((await store.save("c", text)).json, text, "numbers in text keep their spelling");
      same(
        (await loaded(store, "c", "a saved text is loaded")).json,
        text,
        "numbers in text keep their spelling",
      );
    },
  },
  {
    id: "V04",
    title: "quotes, backslashes and line ends survive",
    clauses: ["V1", "N4"],
    async run({ open }) {
      const store = await open();
      const text = '" \\ / \' ` \r\n \n \r \t \b \f \u0001 \u007f \\n \\\\ \\" {{x}} ${y} %s %41';
      await objectRoundTrips(store, "a", { text, [text]: [text] });
    },
  },
  {
    id: "V05",
    title: "every plane of Unicode survives, and nothing is normalized",
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
      same(stored.size, Buffer.byteLength(stored.json), "size counts bytes of UTF-8");
    },
  },
  {
    id: "V06",
    title: "members keep their order, $type first",
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
    id: "V07",
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
    id: "V08",
    title: "members named __proto__ and constructor are data",
    clauses: ["V4", "V1"],
    async run({ open }) {
      const store = await open();
      const text =
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":[{"__proto__":null}]}';
      await textsRoundTrip(store, [text]);
      const object = JSON.parse(text) as object;
      await objectRoundTrips(store, "a", object);
      const { thread } = await loaded(store, "a", "a saved object is loaded");
      holds(Object.hasOwn(thread, "__proto__"), "__proto__ is a member of the loaded thread", "it was not");
      same(Object.getPrototypeOf(thread), Object.prototype, "a loaded thread is a plain object");
      holds(
        !("polluted" in {}),
        "no thread adds a member to the prototype of objects",
        "every object has one",
      );
    },
  },
]);
