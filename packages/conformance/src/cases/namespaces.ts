import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { absent, refuses, same, show } from "../suite/expectations.ts";
import { everyCall } from "./calls.ts";
import { idsOf, textOf } from "./reading.ts";

export const namespaces: ConformanceCase[] = section("Namespaces", "core", [
  {
    id: "S01",
    title: "the same id in two namespaces is two threads",
    clauses: ["N3"],
    async run({ open }) {
      const store = await open();
      const [x, y] = [store.namespace("x"), store.namespace("y")];
      await store.save("a", { at: "store" });
      await absent(x, "a", "a namespace does not see the store's own threads");
      await x.save("a", { at: "x" });
      const saved = await y.save("a", { at: "y" });
      same(
        await textOf(store, "a"),
        '{"at":"store"}',
        "saving in a namespace leaves the store's own thread alone",
      );
      same(await textOf(x, "a"), '{"at":"x"}', "saving in a namespace leaves another's thread alone");
      same(await y.delete("a", { previous: saved }), true, "a thread is deleted in its namespace");
      same(await textOf(x, "a"), '{"at":"x"}', "deleting in a namespace leaves another's thread alone");
      same(await x.delete("a"), true, "a thread is deleted in its namespace");
      same(
        await textOf(store, "a"),
        '{"at":"store"}',
        "deleting in a namespace leaves the store's own thread alone",
      );
    },
  },
  {
    id: "S02",
    title: "no id of a view reaches outside its namespace",
    clauses: ["N3", "N4"],
    async run({ open }) {
      const store = await open();
      const victims = { "": store, x: store.namespace("x"), y: store.namespace("y") };
      for (const [name, victim] of Object.entries(victims)) await victim.save("a", { at: name });
      const inside = store.namespace("inside");
      const escapes = [
        "../a",
        "../x/a",
        "..",
        "x/a",
        "/a",
        "../../a",
        "y:a",
        "inside/../x/a",
        "*",
        "..%2Fx%2Fa",
        "x\u0000a",
        "x|a",
      ];
      for (const id of escapes) {
        await absent(inside, id, `${show(id)} shows nothing from outside`);
        same(await inside.delete(id), false, `delete(${show(id)}) finds nothing outside`);
        await inside.save(id, { at: "inside" }, { overwrite: true });
      }
      for (const [name, victim] of Object.entries(victims)) {
        same(
          await textOf(victim, "a"),
          JSON.stringify({ at: name }),
          "nothing done in a namespace shows outside",
        );
        same(await idsOf(victim), ["a"], "no thread of a namespace is listed outside it");
      }
      same(new Set(await idsOf(inside)), new Set(escapes), "a namespace lists its own threads only");
    },
  },
  {
    id: "S04",
    title: "closing a view closes that view alone",
    clauses: ["F3"],
    async run({ open }) {
      const store = await open();
      const [view, twin, inner] = [
        store.namespace("x"),
        store.namespace("x"),
        store.namespace("x").namespace("y"),
      ];
      const below = view.namespace("y");
      await view.save("a", { n: 1 });
      await view.close();
      await view.close();
      for (const [name, call] of everyCall(view, "a"))
        await refuses("CLOSED", `${name} on a closed view`, call);
      await refuses("CLOSED", "a view of a closed view", () => below.load("a"));
      same(await textOf(twin, "a"), '{"n":1}', "another view of the namespace stays open");
      await inner.save("b", { n: 2 });
      await store.save("c", { n: 3 });
      same(await textOf(store, "c"), '{"n":3}', "the store stays open when a view is closed");
    },
  },
  {
    id: "S05",
    title: "a view is the same namespace for every client",
    clauses: ["N3", "E4"],
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      await one.namespace("x").save("a", { n: 1 });
      same(
        await textOf(two.namespace("x"), "a"),
        '{"n":1}',
        "two clients' views of one name are one namespace",
      );
      const conflict = () => two.namespace("x").save("a", { n: 2 });
      await refuses("CONFLICT", "creating what another client's view created", conflict);
    },
  },
  {
    id: "S09",
    title: "a version of one namespace does not match in another",
    clauses: ["N3", "C2"],
    async run({ open }) {
      const store = await open();
      const [x, y] = [store.namespace("x"), store.namespace("y")];
      const ofX = await x.save("a", { same: true });
      const ofY = await y.save("a", { same: true });
      const moved = await y.save("a", { same: true }, { previous: ofY });
      for (const previous of [ofX, ofX.version]) {
        const call = () => y.save("a", { stolen: true }, { previous });
        await refuses(
          ["CONFLICT", "INVALID_ARGUMENT"],
          "a save with the version of another namespace's thread",
          call,
        );
      }
      same(await textOf(y, "a"), '{"same":true}', "the thread is as it was");
      same(
        (await y.load("a", { cached: ofX }))?.version,
        moved.version,
        "load with another namespace's previous is this one's thread",
      );
    },
  },
]);
