import type { StoredThread, ThreadStore } from "@threadstore/core";
import { type CaseContext, type ConformanceCase, section } from "../suite/conformance-case.ts";
import { broken, holds, loaded, same, show } from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { idsOf, summariesOf } from "./reading.ts";

const letters = ["a", "b"] as const;

/** A long thread of one letter, or a short one: a mix of two shows. */
function block(n: number): { n: number; text: string; end: number } {
  const length = n % 3 === 0 ? 1000 : 500_000;
  return { n, text: (letters[n % 2] ?? "a").repeat(length), end: n };
}

/** What writes, in steps that are numbered from 0. */
type Writer = (store: ThreadStore) => (n: number) => Promise<void>;

/** Writes so many steps, and more until all watchers of other clients beside it have loaded what they watch. */
async function whileWatched(
  { open, signal }: CaseContext,
  steps: number,
  writer: Writer,
  watcher: () => (stored: StoredThread) => void,
): Promise<void> {
  const store = await open();
  const readers = [store, await open(), await open()];
  const loads = readers.map(() => 0);
  // Otherwise nothing would be proved.
  const isSeen = (): boolean => loads.every((count) => count >= 3);
  let done = false;
  const isDone = (): boolean => done || signal.aborted;
  const watch = async (reader: ThreadStore, index: number): Promise<void> => {
    const look = watcher();
    while (!isDone()) {
      look(await loaded(reader, "a", "a thread that is being saved is there all the while"));
      loads[index] = (loads[index] ?? 0) + 1;
    }
  };
  const write = async (): Promise<void> => {
    const step = writer(store);
    for (let n = 0; (n < steps || !isSeen()) && !signal.aborted; n += 1) await step(n);
  };
  const writing = write().finally(() => {
    done = true;
  });
  await Promise.all([writing, ...readers.map(watch)]);
}

async function listMeanwhile({ open, settings, signal }: CaseContext): Promise<void> {
  const [store, other] = [await open(), await open()];
  const ids = range(6).map((n) => `thread-${n}`);
  const thread = { text: "x".repeat(30_000) };
  await Promise.all(ids.map((id) => store.save(id, thread)));
  let [done, listings] = [false, 0];
  const isDone = (): boolean => done;
  const hasListed = (): boolean => listings >= 3;
  const listing = async (): Promise<void> => {
    for (; !isDone(); listings += 1) {
      for (const { id, corrupt } of await summariesOf(other)) {
        holds(ids.includes(id), "a listing has the threads that callers saved", `it had ${show(id)}`);
        holds(!corrupt, "no thread that is being saved is listed as damaged", `${show(id)} was`);
      }
    }
  };
  const writing = async (): Promise<void> => {
    const rounds = settings.effort === "quick" ? 6 : 20;
    for (let n = 0; (n < rounds || !hasListed()) && !signal.aborted; n += 1) {
      // Half of them are replaced, the others come and go.
      const [kept, gone] = [ids.slice(0, 3), ids.slice(3)];
      await Promise.all([
        ...kept.map((id) => store.save(id, thread, { overwrite: true })),
        ...gone.map((id) => (n % 2 === 0 ? store.delete(id) : store.save(id, thread))),
      ]);
    }
  };
  const written = writing().finally(() => {
    done = true;
  });
  await Promise.all([written, listing()]);
}

export const visibility: ConformanceCase[] = section("Visibility", "concurrent", [
  {
    id: "K07",
    title: "who reads while another writes never sees a mix, a part, nothing or an error",
    clauses: ["D1", "E4"],
    timeoutMs: 60_000,
    async run(context) {
      await (await context.open()).save("a", block(0));
      const steps = { quick: 8, full: 24 }[context.settings.effort];
      const writer: Writer = (store) => async (n) =>
        void (await store.save("a", block(n), { overwrite: true }));
      await whileWatched(context, steps, writer, () => ({ thread, json }) => {
        const { n, end } = thread;
        same(n, end, "a thread is loaded whole");
        holds(
          json === JSON.stringify(block(Number(n))),
          "a thread is loaded as one save left it",
          `number ${Number(n)} was a mix`,
        );
      });
    },
  },
  {
    id: "K08",
    title: "the thread, version, size and metadata of a load belong to one save",
    clauses: ["C1", "E4"],
    timeoutMs: 60_000,
    async run(context) {
      const steps = { quick: 20, full: 60 }[context.settings.effort];
      const saves = new Map<string, string>();
      const loads = new Map<string, string>();
      const first = await (await context.open()).save("a", { n: 0, text: "" }, { metadata: { n: "0" } });
      saves.set(first.version, first.json);
      const writer: Writer = (store) => async (n) => {
        const options = { overwrite: true, metadata: { n: String(n + 1) } };
        const saved = await store.save("a", { n: n + 1, text: "x".repeat(n) }, options);
        saves.set(saved.version, saved.json);
      };
      await whileWatched(context, steps, writer, () => ({ version, json, size, thread, metadata }) => {
        const before = loads.get(version) ?? json;
        same(json, before, "a version always has the same thread");
        same(size, json.length, "the size is that of the thread");
        same(metadata["n"], `${Number(thread["n"])}`, "the metadata are those saved with the thread");
        loads.set(version, json);
      });
      for (const [version, json] of loads)
        same(json, saves.get(version), "a version loaded has the thread saved with it");
    },
  },
  {
    id: "N11",
    title: "who lists while threads are saved, created and deleted sees them and nothing else",
    clauses: ["D3", "L1"],
    timeoutMs: 60_000,
    run: listMeanwhile,
  },
  {
    id: "K09",
    title: "hundreds of threads saved at once are all there",
    clauses: ["C4", "E4", "L1"],
    timeoutMs: 60_000,
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      const count = { quick: 100, full: 300 }[settings.effort];
      const ids = range(count).map((n) => `thread-${n}`);
      await inParallel(
        ids.entries(),
        count,
        async ([n, id]) => void (await (n % 2 === 0 ? store : other).save(id, { n })),
      );
      await inParallel(ids.entries(), 50, async ([n, id]) => {
        same((await store.load(id))?.thread, { n }, `each of ${count} threads saved at once is loaded`);
      });
      same((await idsOf(other)).length, count, `each of ${count} threads saved at once is listed`);
      await inParallel(ids, count, async (id) => {
        if (!(await other.delete(id)))
          broken(`each of ${count} deletes at once is true`, `delete("${id}") was false`);
      });
      same(await idsOf(store), [], `${count} deletes at once leave nothing`);
    },
  },
  {
    id: "K10",
    title: "every load after a save sees it, by the same and by another client",
    clauses: ["E4"],
    timeoutMs: 60_000,
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      let previous: string | undefined;
      for (const n of range({ quick: 25, full: 100 }[settings.effort])) {
        const writer = n % 2 === 0 ? store : other;
        const saved = await writer.save("a", { n }, { previous });
        const found = await Promise.all([store, other].map((client) => client.load("a")));
        for (const each of found)
          same(each?.version, saved.version, "a load after a save sees what was saved");
        previous = saved.version;
      }
    },
  },
  {
    id: "K11",
    title: "who reads while another counts up never sees it go back",
    clauses: ["E4"],
    timeoutMs: 60_000,
    async run(context) {
      let { version: previous } = await (await context.open()).save("a", { n: -1 });
      const steps = { quick: 30, full: 100 }[context.settings.effort];
      const writer: Writer = (store) => async (n) => {
        ({ version: previous } = await store.save("a", { n }, { previous }));
      };
      await whileWatched(context, steps, writer, () => {
        let latest = -1;
        return ({ thread }) => {
          const n = Number(thread["n"]);
          holds(n >= latest, "later loads see later saves", `after ${latest} came ${n}`);
          latest = n;
        };
      });
    },
  },
]);
