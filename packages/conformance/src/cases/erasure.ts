import type { EraseProgress } from "@threadstore/core/maintenance";
import { type ConformanceCase, CONCURRENT, section } from "../suite/conformance-case.ts";
import { expectEqual, expectError, expectTrue, fail, show } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import {
  childrenOf,
  expectReceipt,
  interruptErase,
  NEIGHBORS,
  remainingOf,
  saveEverywhere,
} from "./support/namespaces.ts";
import { idsOf } from "./support/reading.ts";

const MINUTE = 60_000;

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

export const erasure: ConformanceCase[] = section("Erasure", [
  {
    id: "X1-1",
    title: "erase deletes the threads of its namespace and of those nested in it, and nothing else",
    clauses: ["X1", "X2", "N3"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const sizes = await saveEverywhere(store, NEIGHBORS);
      const before = Date.now();
      const receipt = await store.namespace("a").erase();
      const erased = NEIGHBORS.filter(([name]) => name === "a");
      const remaining = [[], ...NEIGHBORS.filter(([name]) => name !== "a")];
      expectEqual(
        await remainingOf(other, [[], ...NEIGHBORS]),
        remaining,
        "the erase of a namespace leaves the threads of the store and of other namespaces, and no others",
      );
      const bytes = sum(erased.map((path) => sizes.get(JSON.stringify(path)) ?? 0));
      expectReceipt(
        receipt,
        { threads: erased.length, bytes },
        "a receipt has the number of threads and their sizes",
      );
      const { startedAt, finishedAt } = receipt;
      expectTrue(
        startedAt.getTime() >= before - 1000 && startedAt <= (finishedAt ?? new Date(0)),
        "a receipt says when the erase started and finished",
        `it has ${show(startedAt)} and ${show(finishedAt)}`,
      );
      const { cursor: _cursor, ...plain } = receipt;
      expectEqual(
        JSON.parse(JSON.stringify(receipt)),
        { ...plain, startedAt: startedAt.toISOString(), finishedAt: finishedAt?.toISOString() },
        "a receipt is data that can be stored as JSON",
      );
    },
  },
  {
    id: "X1-2",
    title: "erase of the store leaves nothing, and a second erase finds nothing",
    clauses: ["X1", "X2", "N5"],
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      const paths = [["a"], ["a", "b"], ["c", "d"]];
      const sizes = await saveEverywhere(store, paths);
      // With full effort, more than an erase deletes at a time.
      const ids = range({ quick: 12, full: 105 }[settings.effort]).map((n) => `thread-${n}`);
      const saved = await Promise.all(ids.map((id) => store.namespace("c").save(id, { id })));
      const bytes = sum([...sizes.values(), ...saved.map(({ size }) => size)]);
      const receipt = await other.erase();
      expectReceipt(
        receipt,
        { threads: sizes.size + ids.length, bytes },
        "the erase of a store deletes every thread",
      );
      expectEqual(
        await remainingOf(store, [[], ...paths]),
        [],
        "no thread is left after the erase of a store",
      );
      expectEqual(await idsOf(store.namespace("c")), [], "a namespace is empty after the erase of its store");
      expectEqual(await childrenOf(store), [], "no namespace is listed after the erase of its store");
      const again = await store.erase();
      expectReceipt(again, { threads: 0, bytes: 0 }, "a second erase finds nothing");
      expectTrue(again.finishedAt instanceof Date, "an erase of nothing finishes", "it has no `finishedAt`");
      await store.namespace("a").save("t", {});
      expectEqual(await idsOf(other.namespace("a")), ["t"], "an erased namespace can be used again");
    },
  },
  {
    id: "X1-3",
    title: "erase deletes and counts expired threads and corrupt records",
    clauses: ["X1", "X2", "E2", "T1"],
    capabilities: ["rewrite"],
    async run({ open, rewrite }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const intact = await store.save("intact", { n: 1 });
      const expired = await store.save("expired", { n: 2 }, { ttlMs: MINUTE });
      await store.save("corrupt", { n: 3 });
      await rewrite("corrupt", (record) => record.slice(0, record.length / 2));
      clock.advance(MINUTE);
      const expected = { threads: 3, bytes: intact.size + expired.size };
      expectReceipt(
        await other.erase(),
        expected,
        "expired threads count with their size, and corrupt records as 0 bytes",
      );
      expectEqual(await idsOf(store), [], "an erase leaves no corrupt record");
      expectEqual(await store.deleteExpired(), { deleted: 0 }, "an erase leaves no expired thread");
    },
  },
  {
    id: "X1-4",
    title: "threads that are saved during an erase are deleted in whatever version they are",
    clauses: ["X1", "X2", "C4"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const view = other.namespace("a");
      const ids = ["replaced", "deleted", "again", "unchanged"];
      for (const id of ids) await view.save(id, { n: 1 });
      const receipt = await store.erase({
        // After the threads were listed, and before they are deleted.
        onProgress: async () => {
          await view.save("replaced", { text: "longer" }, { overwrite: true });
          await view.delete("deleted");
          await view.delete("again");
          await view.save("again", { n: 2 });
        },
      });
      expectEqual(await idsOf(view), [], "an erase deletes a thread although it is saved meanwhile");
      const sizes = [{ text: "longer" }, { n: 2 }, { n: 1 }].map((thread) => JSON.stringify(thread).length);
      expectReceipt(
        receipt,
        { threads: 3, bytes: sum(sizes) },
        "an erase counts what it deletes: threads in their latest version, and none that another client deleted",
      );
    },
  },
  {
    id: "X2-1",
    title: "an erase that ends early is continued by another client, and each thread is counted once",
    clauses: ["X2", "X3"],
    async run({ open, close }) {
      const store = await open();
      const paths = [["a"], ["a", "b"], ["a-b"], ["c"]];
      const sizes = await saveEverywhere(store, paths);
      await store.namespace("a").save("u", {});
      const totals = { threads: sizes.size + 1, bytes: sum(sizes.values()) + 2 };
      const reports = await interruptErase(store, 3);
      const { cursor } = reports.at(-1) ?? fail("an erase reports its progress", "it did not");
      await close(store);
      const other = await open();
      let last: EraseProgress | undefined;
      const receipt = await other.erase({ cursor, onProgress: (report) => void (last = report) });
      expectReceipt(receipt, totals, "a continued erase has the totals of all of its calls");
      expectEqual(await remainingOf(other, [[], ...paths]), [], "a continued erase deletes the rest");
      // As if the process had been killed at the last page, after it deleted all of it.
      const again = await other.erase({ cursor: last?.cursor ?? cursor });
      expectReceipt(
        again,
        totals,
        "threads that were deleted after the last progress report are counted once",
      );
      expectEqual(again.startedAt, receipt.startedAt, "a continued erase started when its first call did");
    },
  },
  {
    id: "X2-2",
    title: "an erase reports its progress",
    clauses: ["X2"],
    async run({ open }) {
      const store = await open();
      const sizes = await saveEverywhere(store, [["a"], ["a", "b/c"], ["d"]]);
      const reports: EraseProgress[] = [];
      const { threads, bytes } = await store.erase({ onProgress: (report) => void reports.push(report) });
      expectEqual(
        reports.map(({ namespace }) => namespace).toSorted(),
        ["", "a", "a/b%2Fc", "d"],
        "a report names the namespace of the next threads as errors do",
      );
      expectEqual(
        [reports[0]?.threads, reports[0]?.bytes],
        [0, 0],
        "the first report precedes all deletions",
      );
      const counts = [...reports.map((report) => report.threads), threads];
      expectEqual(counts, range(sizes.size + 1), "reports count the deleted threads");
      expectEqual(bytes, sum(sizes.values()), "the result has the totals");
      const isRising = reports.every((report, n) => report.bytes <= (reports[n + 1]?.bytes ?? bytes));
      expectTrue(isRising, "the bytes of reports rise", show(reports));
    },
  },
  {
    id: "X2-3",
    title: "two erases at the same time count each thread once between them",
    ...CONCURRENT,
    clauses: ["X2", "C4"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const sizes = await saveEverywhere(store, [["a"], ["a", "b"], ["c"], ["d"], ["e"]]);
      const receipts = await Promise.all([store.erase(), other.erase()]);
      const total = {
        threads: sum(receipts.map(({ threads }) => threads)),
        bytes: sum(receipts.map(({ bytes }) => bytes)),
      };
      expectEqual(
        total,
        { threads: sizes.size, bytes: sum(sizes.values()) },
        "two erases add up to all threads",
      );
      expectEqual(await childrenOf(store), [], "two erases at the same time delete everything");
    },
  },
  {
    id: "X2-4",
    title:
      "an erase that continues counts the threads of the interrupted page, even if another client deleted them",
    clauses: ["X2", "X3"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const [view, otherView] = [store.namespace("x"), other.namespace("x")];
      for (const id of ["a", "b"]) await view.save(id, {});
      const [{ cursor } = fail("an erase reports its progress", "it did not")] = await interruptErase(
        view,
        1,
      );
      await otherView.delete("a");
      expectReceipt(
        await otherView.erase({ cursor }),
        { threads: 2, bytes: 4 },
        "a continued erase counts a thread of the interrupted page that another client deleted",
      );
      expectEqual(await idsOf(view), [], "a continued erase deletes the rest of the page");
    },
  },
  {
    id: "X3-1",
    title:
      "a cursor that no erase of this namespace returned, and a wrong `onProgress`, are INVALID_ARGUMENT",
    clauses: ["X3", "F1", "N3"],
    async run({ open }) {
      const store = await open();
      const view = store.namespace("x");
      for (const id of ["a", "b"]) for (const each of [store, view]) await each.save(id, {});
      const { cursor: ofList } = await store.listPage({ limit: 1 });
      const [{ cursor: ofView } = fail("an erase reports its progress", "it did not")] = await interruptErase(
        view,
        1,
      );
      for (const cursor of ["", " ", "x", "AAAAAAAAAAAAAAAA", ofList, ofView, 5, null, {}, true]) {
        await expectError("INVALID_ARGUMENT", `erase with the cursor ${show(cursor)}`, () =>
          store.erase({ cursor: cursor as string }),
        );
      }
      for (const onProgress of ["x", 5, null, {}, true]) {
        await expectError("INVALID_ARGUMENT", `erase with onProgress ${show(onProgress)}`, () =>
          store.erase({ onProgress: onProgress as unknown as () => void }),
        );
      }
      expectEqual(await idsOf(store), ["a", "b"], "a rejected erase deletes nothing");
      expectReceipt(
        await view.erase({ cursor: ofView }),
        { threads: 2, bytes: 4 },
        "a cursor is valid for its own namespace",
      );
    },
  },
]);
