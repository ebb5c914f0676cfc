import { memoryStore, type ThreadStore } from "@threadstore/core";
import { type CopyOptions, type CopyProgress, copyThreads } from "@threadstore/core/maintenance";
import { CONCURRENT, type ConformanceCase, section } from "../suite/conformance-case.ts";
import {
  describeError,
  expectEqual,
  expectError,
  expectTrue,
  fail,
  loadExisting,
  outcomeOf,
} from "../suite/expectations.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import { idsOf, summariesOf, textOf } from "./support/reading.ts";

const HOUR = 3_600_000;
const TEXT = '{ "n":1.0, "e":"\\u00e9\u00e9\u{1f9f5}", "__proto__":{} } ';

/** Copies and resolves with the number of threads that were copied, skipped and corrupt. */
async function copy(
  from: ThreadStore,
  to: ThreadStore,
  options: CopyOptions = {},
): Promise<{ copied: number; skipped: number; corrupt: number }> {
  const outcome = await outcomeOf(() => copyThreads(from, to, options));
  if (outcome.state === "rejected") {
    fail("copyThreads copies the threads", `it rejected with ${describeError(outcome.error)}`);
  }
  const { copied, skipped, corrupt } = outcome.value;
  return { copied, skipped, corrupt };
}

/** Saves threads whose details differ, with a clock that is an hour ahead of the first save at the end. */
async function fillSource(
  open: (options: { now: () => number; ttlMs?: number }) => ThreadStore | Promise<ThreadStore>,
) {
  const clock = stoppedClock();
  const now = () => clock.now();
  const store = await open({ now });
  const first = await store.save("text", TEXT, {
    metadata: { title: "T", ["__proto__"]: "p" },
    ttlMs: 90 * HOUR,
  });
  await store.save("never", { n: 1 }, { expiresAt: null });
  await store.save("\u00e9".repeat(256), { n: 2 });
  await (await open({ now, ttlMs: 80 * HOUR })).save("store", { n: 3 });
  await store.append("appended", ["one"], { key: "key-1", create: { items: [] } });
  clock.advance(HOUR);
  await store.save("text", TEXT, { previous: first });
  return { store, now };
}

/** Expects that all threads of `source` are in `target` and nothing else. */
async function expectCopied(source: ThreadStore, target: ThreadStore): Promise<void> {
  const ids = await idsOf(source);
  expectEqual(
    new Set(await idsOf(target)),
    new Set(ids),
    "a copy has the ids of the original, and no others",
  );
  for (const id of ids) {
    const original = await loadExisting(source, id, "a copied thread is still in the source");
    const copied = await loadExisting(target, id, "a copied thread is in the target");
    for (const detail of ["json", "metadata", "size", "createdAt", "updatedAt", "expiresAt"] as const) {
      expectEqual(copied[detail], original[detail], `a copy has the ${detail} of the original`);
    }
  }
}

/** Expects that an append to the original is recognized when it is repeated with the copy. */
async function expectKeysKept(target: ThreadStore): Promise<void> {
  const { appended } = await target.append("appended", ["one"], { key: "key-1" });
  expectEqual(appended, false, "a copy remembers the keys of appends to the original");
}

/** Expects that saves of copies treat the expiry as saves of the originals would. The target has a `ttlMs` of 70 hours. */
async function expectExpiryKept(target: ThreadStore, now: () => number): Promise<void> {
  for (const [id, expected] of [
    ["text", "kept"],
    ["never", "kept"],
    ["store", "set by the store"],
  ] as const) {
    const copied = await loadExisting(target, id, "a copied thread is in the target");
    const { updatedAt, expiresAt } = await target.save(id, copied.json, { previous: copied });
    const later = new Date(updatedAt.getTime() + 70 * HOUR);
    expectEqual(
      expiresAt,
      expected === "kept" ? copied.expiresAt : later,
      `the expiry of a copy is ${expected} by the next save if that of the original would be`,
    );
    expectTrue(
      updatedAt.getTime() >= now(),
      "the next save of a copy has a later time",
      `${updatedAt.getTime()}`,
    );
  }
}

function viewAt(store: ThreadStore, path: readonly string[]): ThreadStore {
  return path.reduce((view, name) => view.namespace(name), store);
}

export const copying: ConformanceCase[] = section("Copying", [
  {
    id: "K1-1",
    title: "a copy to the store keeps content, metadata, expiry and times",
    clauses: ["K1"],
    async run({ open }) {
      const records = new Map();
      const { store: source, now } = await fillSource((options) => memoryStore({ ...options, records }));
      const [target, other] = [await open({ now, ttlMs: 70 * HOUR }), await open({ now, ttlMs: 70 * HOUR })];
      expectEqual(
        await copy(source, target),
        { copied: 5, skipped: 0, corrupt: 0 },
        "all threads are copied",
      );
      await expectCopied(source, other);
      const [{ createdAt, updatedAt } = {}] = (await summariesOf(other)).filter(({ id }) => id === "text");
      expectEqual(
        { createdAt, updatedAt },
        { createdAt: new Date(now() - HOUR), updatedAt: new Date(now()) },
        "a listing has the times of the original",
      );
      await expectExpiryKept(other, now);
      await expectKeysKept(other);
    },
  },
  {
    id: "K1-2",
    title: "a copy from the store keeps content, metadata, expiry and times",
    clauses: ["K1"],
    async run({ open }) {
      const { store: source, now } = await fillSource(open);
      const target = memoryStore({ now, ttlMs: 70 * HOUR });
      expectEqual(
        await copy(source, target),
        { copied: 5, skipped: 0, corrupt: 0 },
        "all threads are copied",
      );
      await expectCopied(source, target);
      await expectExpiryKept(target, now);
      await expectKeysKept(target);
    },
  },
  {
    id: "K1-3",
    title: "a copy has the namespaces of the original, at any depth, and no threads that have expired",
    clauses: ["K1", "N3"],
    async run({ open, openElsewhere }) {
      const clock = stoppedClock();
      const [root, elsewhere] = [await open({ now: clock.now }), await openElsewhere({ now: clock.now })];
      const source = root.namespace("from");
      const paths = [[], ["a"], ["a", "b/c"], ["a", "d", "e"], ["f"]];
      for (const path of paths) await viewAt(source, path).save("x", { path });
      await source.save("expired", {}, { ttlMs: 1 });
      await root.save("outside", {});
      clock.advance(1);
      const flat = elsewhere.namespace("flat");
      expectEqual(
        (await copy(source, flat, { namespaces: false })).copied,
        1,
        "without namespaces, one is copied",
      );
      const target = elsewhere.namespace("to");
      expectEqual((await copy(source, target)).copied, paths.length, "all namespaces are copied");
      for (const path of paths) {
        expectEqual(
          await idsOf(viewAt(target, path)),
          ["x"],
          "a copied namespace has the threads of the original",
        );
        expectEqual(
          await textOf(viewAt(target, path), "x"),
          JSON.stringify({ path }),
          "a thread is in its namespace",
        );
      }
      expectEqual(await idsOf(flat.namespace("a")), [], "without namespaces, those below are not copied");
    },
  },
  {
    id: "K2-1",
    title: "repeating a copy skips what is there, and replaces what differs only with overwrite",
    clauses: ["K2"],
    async run({ open }) {
      const source = memoryStore();
      for (const id of ["a", "b", "c"]) await source.save(id, { id }, { metadata: { id } });
      const target = await open();
      await copy(source, target);
      const untouched = (await loadExisting(target, "a", "a copied thread is in the target")).version;
      const repeated = await copy(source, target);
      expectEqual(
        repeated,
        { copied: 0, skipped: 3, corrupt: 0 },
        "a thread that is already there is skipped",
      );
      await source.save("b", { id: "b" }, { overwrite: true, metadata: { id: "changed" } });
      await source.save("d", { id: "d" });
      const error = await expectError(
        "CONFLICT",
        "a copy to a target with another thread of the same id",
        () => copyThreads(source, target),
      );
      expectEqual(error.id, "b", "the error names the thread that differs");
      const replaced = await copy(source, target, { overwrite: true });
      expectEqual(replaced.skipped + replaced.copied, 4, "with overwrite, every thread is copied or skipped");
      await expectCopied(source, target);
      const { version } = await loadExisting(target, "a", "a copied thread is in the target");
      expectEqual(version, untouched, "a thread that is skipped is not saved again");
    },
  },
  {
    id: "K2-2",
    title: "a copy continues from the cursor of any progress, with its totals, with other clients",
    clauses: ["K2"],
    async run({ open, openElsewhere }) {
      const source = await open();
      const names = ["a", "b", "c"];
      for (const name of names) await source.namespace(name).save("x", { name });
      await source.namespace("b").namespace("nested").save("x", {});
      for (const stopAfter of [1, 3]) {
        const target = (await openElsewhere()).namespace(`${stopAfter}`);
        const progress: CopyProgress[] = [];
        const stopped = new Error("stopped");
        const interrupted = await outcomeOf(() =>
          copyThreads(source, target, {
            onProgress(each) {
              progress.push(each);
              if (progress.length === stopAfter) throw stopped;
            },
          }),
        );
        expectTrue(
          interrupted.state === "rejected" && interrupted.error === stopped,
          "copyThreads rejects with the error that onProgress throws",
          interrupted.state,
        );
        const cursor = progress.at(-1)?.cursor;
        const later = (await openElsewhere()).namespace(`${stopAfter}`);
        const resumed = await copy(await open(), later, { cursor });
        expectEqual(
          resumed,
          { copied: 4, skipped: 0, corrupt: 0 },
          "the totals include those before the cursor",
        );
        for (const name of names) {
          const view = later.namespace(name);
          expectEqual(
            await textOf(view, "x"),
            JSON.stringify({ name }),
            "no thread is left out when a copy resumes",
          );
        }
      }
    },
  },
  {
    id: "K2-3",
    title:
      "a cursor of a copy from another source is INVALID_ARGUMENT, and so is a copy to the source itself",
    clauses: ["K2", "N5", "F1"],
    async run({ open }) {
      const store = await open();
      const [source, other] = [store.namespace("one"), store.namespace("other")];
      // More than a copy lists at once: its first cursor then contains a cursor of `namespaces`. Without one, a store
      // that another implementation created would accept it.
      const names = Array.from({ length: 501 }, (_, index) => `n${String(index).padStart(3, "0")}`);
      await Promise.all(names.map((name) => source.namespace(name).save("x", {})));
      const stopped = new Error("stopped");
      const progress: CopyProgress[] = [];
      await outcomeOf(() =>
        copyThreads(source, memoryStore(), {
          onProgress(each) {
            progress.push(each);
            throw stopped;
          },
        }),
      );
      const [{ cursor } = fail("a copy of several namespaces reports its progress", "it did not")] = progress;
      expectTrue(cursor !== undefined, "a copy of several namespaces has several pages", "it has one");
      await expectError("INVALID_ARGUMENT", "a copy with the cursor of another source", () =>
        copyThreads(other, memoryStore(), { cursor }),
      );
      await expectError("INVALID_ARGUMENT", "a copy of a namespace to itself", () =>
        copyThreads(source, source),
      );
    },
  },
  {
    id: "K3-1",
    title: "a corrupt thread is reported and not copied, and does not stop the copy",
    capabilities: ["rewrite"],
    clauses: ["K3", "E2"],
    async run({ open, rewrite }) {
      const source = await open();
      for (const id of ["a", "b", "c"]) await source.save(id, { id });
      await rewrite("b", (record) => record.subarray(0, -5));
      const target = memoryStore();
      const reported: unknown[] = [];
      const totals = await copy(source, target, { onCorrupt: (thread) => void reported.push(thread) });
      expectEqual(totals, { copied: 2, skipped: 0, corrupt: 1 }, "corrupt threads are counted");
      expectEqual(reported, [{ namespaces: [], id: "b" }], "onCorrupt is called with the corrupt thread");
      expectEqual(await idsOf(target), ["a", "c"], "the other threads are copied");
      await expectError("CORRUPT", "loading the corrupt thread after the copy", () => source.load("b"));
    },
  },
  {
    id: "K3-2",
    title: "a thread that is saved during a copy is copied as one of its versions",
    ...CONCURRENT,
    clauses: ["K3", "C5"],
    async run({ open }) {
      let time = Date.now();
      const [source, writer] = [await open(), await open({ now: () => (time += 1) })];
      const versions = new Map<string, number>();
      let saved = await writer.save("x", { n: 0 });
      versions.set(saved.json, saved.updatedAt.getTime());
      const copied = new AbortController();
      const write = async (): Promise<void> => {
        for (let n = 1; !copied.signal.aborted || n < 3; n += 1) {
          saved = await writer.save("x", { n }, { previous: saved });
          versions.set(saved.json, saved.updatedAt.getTime());
        }
      };
      const writing = outcomeOf(write);
      const targets = [memoryStore(), memoryStore(), memoryStore()];
      try {
        for (const target of targets) await copy(source, target);
      } finally {
        copied.abort();
      }
      const written = await writing;
      if (written.state === "rejected") throw written.error;
      targets.push(memoryStore());
      for (const target of targets.slice(-1)) await copy(source, target);
      for (const target of targets) {
        const { json, updatedAt } = await loadExisting(
          target,
          "x",
          "a thread that is saved meanwhile is copied",
        );
        expectEqual(
          versions.get(json),
          updatedAt.getTime(),
          "a copy has the content and times of one version",
        );
      }
    },
  },
]);
