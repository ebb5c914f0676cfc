import { ThreadStoreError, type ThreadStore } from "@threadstore/core";
import { hostileIds } from "../corpus/hostile-ids.ts";
import { illFormedIds } from "../corpus/wrong-ids.ts";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { absent, broken, describeError, same, show } from "../suite/expectations.ts";
import { inParallel } from "../utilities/parallel.ts";
import { idsOf, textOf } from "./reading.ts";

/** That the name is refused, at once. */
function refusesName(store: ThreadStore, name: unknown): void {
  const promised = `namespace(${show(name)}) throws INVALID_ARGUMENT`;
  try {
    store.namespace(name as string);
  } catch (error) {
    if (ThreadStoreError.is(error, "INVALID_ARGUMENT")) return;
    broken(promised, `it threw ${describeError(error)}`);
  }
  broken(promised, "it returned a view");
}

export const namespaceNames: ConformanceCase[] = section("Namespaces", "core", [
  {
    id: "S03",
    title: "a view of a view lies inside it, and is no other namespace",
    clauses: ["N3", "N2"],
    async run({ open }) {
      const store = await open();
      const paths = [
        ["a"],
        ["b"],
        ["a", "b"],
        ["b", "a"],
        ["a/b"],
        ["a:b"],
        ["ab"],
        ["a", "b", "c"],
        ["a/b", "c"],
        ["a", "b/c"],
        ["a%2Fb"],
      ];
      const views = paths.map((path) => path.reduce((view, name) => view.namespace(name), store));
      for (const [index, view] of views.entries()) await view.save("t", { path: paths[index] });
      for (const [index, view] of views.entries()) {
        const path = paths[index];
        same(await textOf(view, "t"), JSON.stringify({ path }), `the namespace ${show(path)} is its own`);
        same(await idsOf(view), ["t"], `the namespace ${show(path)} lists its own thread only`);
      }
      await absent(store, "t", "threads of namespaces are not the store's own");
    },
  },
  {
    id: "S06",
    title: "a namespace that is empty, ill-formed, too long or no string is INVALID_ARGUMENT",
    clauses: ["N1"],
    async run({ open }) {
      const store = await open();
      const longest = ["a".repeat(128), "\u00e9".repeat(64), "/".repeat(128), "\u{1f9f5}".repeat(32)];
      for (const name of longest) {
        const view = store.namespace(name);
        const id = "b".repeat(256);
        await view.save(id, { name });
        same(
          await textOf(view, id),
          JSON.stringify({ name }),
          "a namespace of 128 bytes works, with the longest id",
        );
        same(await idsOf(view), [id], "a namespace of 128 bytes is listed");
      }
      const wrong = [
        "",
        undefined,
        null,
        5,
        {},
        ["a"],
        "a".repeat(129),
        "\u00e9".repeat(65),
        ...illFormedIds,
      ];
      for (const name of wrong) refusesName(store, name);
      refusesName(store.namespace("a".repeat(100)), "b".repeat(100));
    },
  },
  {
    id: "S07",
    title: "hostile namespaces live side by side",
    clauses: ["N1", "N2", "N4"],
    timeoutMs: 60_000,
    async run({ open }) {
      const store = await open();
      await inParallel(hostileIds, 8, async (name) => void (await store.namespace(name).save("a", { name })));
      await inParallel(hostileIds, 8, async (name) => {
        const view = store.namespace(name);
        same(await textOf(view, "a"), JSON.stringify({ name }), `the namespace ${show(name)} is its own`);
        same(await idsOf(view), ["a"], `the namespace ${show(name)} lists its own thread only`);
      });
      same(await idsOf(store), [], "threads of namespaces are not listed by the store");
    },
  },
  {
    id: "S08",
    title: "a namespace is not taken for one whose name it begins",
    clauses: ["N2", "N3"],
    async run({ open }) {
      const store = await open();
      const names = [
        "user",
        "users",
        "usersAbc",
        "users/",
        "users:",
        "users/a",
        "Users",
        "users%",
        "users_",
        "usersx",
      ];
      for (const name of names) await store.namespace(name).save(`of ${name}`, {});
      for (const name of names) {
        const own = [`of ${name}`];
        same(
          await idsOf(store.namespace(name)),
          own,
          `the namespace ${show(name)} lists its own thread only`,
        );
      }
      same(
        (await store.namespace("users").deleteExpired()).deleted,
        0,
        "sweep removes nothing that is alive",
      );
    },
  },
]);
