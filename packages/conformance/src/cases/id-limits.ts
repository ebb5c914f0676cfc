import { illFormedIds, noIds } from "../corpus/wrong-ids.ts";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { outcomeOf, refuses, same, show } from "../suite/expectations.ts";
import { everyCallWithId } from "./calls.ts";
import { liveApart } from "./ids.ts";
import { idsOf } from "./reading.ts";

const character4Bytes = "\u{1f9f5}";

export const idLimits: ConformanceCase[] = section("Ids", "core", [
  {
    id: "I13",
    title: "an id that is not well-formed Unicode is INVALID_ARGUMENT",
    clauses: ["N1", "N2"],
    async run({ open }) {
      const store = await open();
      await store.save("a\ufffd", { n: 1 });
      for (const id of illFormedIds) {
        for (const [name, call] of everyCallWithId(store, id)) {
          await refuses("INVALID_ARGUMENT", `${name} with the id ${show(id)}`, call);
        }
      }
      same(await idsOf(store), ["a\ufffd"], "a refused id leaves no trace");
    },
  },
  {
    id: "I14",
    title: "an empty id, or one that is no string, is INVALID_ARGUMENT",
    clauses: ["N1", "N4"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { n: 1 });
      for (const id of noIds) {
        for (const [name, call] of everyCallWithId(store, id as string)) {
          await refuses("INVALID_ARGUMENT", `${name} with the id ${show(id)}`, call);
        }
      }
      same(await idsOf(store), ["a"], "a refused id leaves no trace");
    },
  },
  {
    id: "I15",
    title: "an id has up to 256 bytes of UTF-8, and not one more",
    clauses: ["N1"],
    async run(context) {
      const longest = [
        "a".repeat(256),
        "\u00e9".repeat(128),
        character4Bytes.repeat(64),
        "/".repeat(256),
        "%".repeat(256),
        "A".repeat(256),
      ];
      await liveApart(context, [...longest, "a".repeat(255), "a".repeat(200)]);
      const store = await context.open();
      for (const id of [
        "a".repeat(257),
        `a${"\u00e9".repeat(128)}`,
        `${character4Bytes.repeat(64)}a`,
        "x".repeat(100_000),
      ]) {
        const bytes = Buffer.byteLength(id);
        for (const [name, call] of everyCallWithId(store, id)) {
          await refuses("INVALID_ARGUMENT", `${name} with an id of ${bytes} bytes`, call);
        }
      }
      const outcome = await outcomeOf(() => store.load("b".repeat(256)));
      same(
        outcome,
        { state: "resolved", value: undefined },
        "load of a long id that is not there is undefined",
      );
    },
  },
  {
    id: "I16",
    title: "long ids that begin alike are different",
    clauses: ["N2"],
    run: (context) =>
      liveApart(
        context,
        [32, 63, 64, 100, 128, 200, 249, 250, 254, 255].flatMap((length) => [
          `${"s".repeat(length)}1`,
          `${"s".repeat(length)}2`,
        ]),
      ),
  },
]);
