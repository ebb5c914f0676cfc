import { nestedObject, nestedText, notThreadTexts } from "../corpus/json-documents.ts";
import { notThreads, refusedObjects } from "../corpus/refused-values.ts";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, loaded, outcomeOf, refuses, same, show } from "../suite/expectations.ts";
import { idsOf, textOf, unchanged } from "./reading.ts";
import { objectRoundTrips, textsRoundTrip } from "./values.ts";

/** The text of a thread of so many bytes. */
function textOfBytes(bytes: number, letter = "x"): string {
  const room = bytes - Buffer.byteLength('{"a":""}');
  return `{"a":"${letter.repeat(Math.floor(room / Buffer.byteLength(letter)))}"}`.padEnd(0);
}

/** Three bytes a character, at every offset from a chunk's boundary. */
function wideText(offset: number): string {
  return JSON.stringify({ o: "x".repeat(offset), text: "\u20ac".repeat(350_000) });
}

export const valueLimits: ConformanceCase[] = section("Values", "core", [
  {
    id: "V10",
    title: "sizes around buffers' and up to the limit work; one byte more is TOO_LARGE",
    clauses: ["V5", "V1"],
    timeoutMs: 60_000,
    async run({ open }) {
      const store = await open();
      for (const size of [4095, 4096, 4097, 65_535, 65_536, 65_537, 1_048_576, 5_242_881]) {
        const text = textOfBytes(size);
        const saved = await store.save("a", text, { overwrite: true });
        same(saved.size, size, "size is the number of bytes of the text");
        holds(
          (await textOf(store, "a")) === text,
          `a thread of ${size} bytes is loaded as it was`,
          "it was another",
        );
      }
      const limited = await open({ maxThreadBytes: 1000 });
      for (const letter of ["x", "\u00e9"]) {
        const fits = textOfBytes(1000, letter);
        const { version } = await limited.save("b", fits, { overwrite: true });
        const tooLong = `${fits.slice(0, -2)}x"}`;
        const call = `a thread of ${Buffer.byteLength(tooLong)} bytes where 1000 are allowed`;
        await refuses("TOO_LARGE", call, () => limited.save("b", tooLong, { previous: version }));
        await refuses("TOO_LARGE", call, () => limited.save("b", tooLong, { overwrite: true }));
        await refuses("TOO_LARGE", call, () => limited.save("c", JSON.parse(tooLong) as object));
        await unchanged(limited, "b", version, fits);
      }
      same(await idsOf(limited), ["a", "b"], "a thread that is too large is not created");
    },
  },
  {
    id: "V11",
    title: "a megabyte of 3-byte characters survives at every offset",
    clauses: ["V1", "V4"],
    timeoutMs: 30_000,
    async run({ open }) {
      const store = await open();
      for (const offset of [0, 1, 2]) {
        const text = wideText(offset);
        await store.save("a", text, { overwrite: true });
        holds(
          (await textOf(store, "a")) === text,
          "a long text is loaded as it was",
          `at offset ${offset} it was another`,
        );
      }
    },
  },
  {
    id: "V12",
    title: "an object that is not strict JSON is INVALID_ARGUMENT with the path, and nothing is written",
    clauses: ["V2"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      for (const [what, thread, path] of refusedObjects()) {
        const save = () => store.save("a", thread, { previous: version });
        const error = await refuses("INVALID_ARGUMENT", `an object with ${what} at ${path}`, save);
        holds(
          error.message.includes(path),
          `the error for ${what} names the path ${path}`,
          `it says "${error.message}"`,
        );
        await refuses("INVALID_ARGUMENT", `creating an object with ${what}`, () => store.save("b", thread));
      }
      await unchanged(store, "a", version, '{"n":1}');
      same(await idsOf(store), ["a"], "a refused thread is not created");
    },
  },
  {
    id: "V13",
    title: "strings that look like something else stay strings",
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
      same((await loaded(store, "a", "a saved object is loaded")).thread, thread, "strings stay strings");
      const envelope = { ...(await loaded(store, "a", "a saved object is loaded")) };
      const text = JSON.stringify({
        thread: envelope,
        threadstore: { format: 1, id: "b", version: "x", expiresAt: 0 },
      });
      await store.save("b", text);
      same(await textOf(store, "b"), text, "a thread that looks like a record of the store is a thread");
    },
  },
  {
    id: "V17",
    title: "text that is not one JSON object is INVALID_ARGUMENT, and nothing is written",
    clauses: ["V2"],
    async run({ open }) {
      const store = await open();
      for (const text of notThreadTexts) {
        await refuses("INVALID_ARGUMENT", `the text ${show(text)}`, () => store.save("a", text));
      }
      for (const thread of notThreads()) {
        await refuses("INVALID_ARGUMENT", `${show(thread)} as a thread`, () =>
          store.save("a", thread as object),
        );
      }
      same(await idsOf(store), [], "a refused thread is not created");
    },
  },
  {
    id: "V18",
    title: "plain objects of every making are accepted",
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
      same(
        (await store.save("a", thread)).json,
        JSON.stringify(thread),
        "an object that occurs twice is no cycle",
      );
      same((await store.save("b", bare)).json, '{"y":2}', "an object without a prototype is plain");
    },
  },
  {
    id: "V09",
    title: "deep nesting survives, or is refused where it is too deep for the engine",
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
          same((await store.load(id))?.size, outcome.value.size, "a deep thread that was saved is loaded");
        } else {
          await refuses("INVALID_ARGUMENT", "a thread that is too deep", () => Promise.reject(outcome.error));
          same(await store.load(id), undefined, "a refused thread is not there");
        }
      }
    },
  },
]);
