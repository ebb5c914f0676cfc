import { isDeepStrictEqual } from "node:util";
import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { broken, describeError, same, show } from "../expectations.ts";
import { inParallel } from "../parallel.ts";
import { contentOf, describeStep, nameOf, type Step, type ThreadName, viewOf } from "./step.ts";
import type { Report } from "./work.ts";

/** What is known to be there: what a step wrote, or nothing. */
interface Settled {
  readonly step: Step | undefined;
  readonly version: string | null;
}

interface Entry {
  readonly thread: ThreadName;
  settled: Settled;
  /** Steps that may or may not have taken effect. */
  open: readonly Step[];
  /** Which step each version belongs to. */
  readonly versions: Map<string, number>;
}

const nothing: Settled = { step: undefined, version: null };

/** What was told of the steps on a place, and so what may be there after a crash. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #steps = new Map<number, Step>();

  /** The number after the last. */
  get nextNumber(): number {
    return Math.max(0, ...this.#steps.keys()) + 1;
  }

  /** The steps that were begun and neither done nor known to have failed. */
  get openSteps(): readonly Step[] {
    return [...this.#entries.values()].flatMap(({ open }) => open);
  }

  /** The threads that are there, as far as is known. */
  get threads(): readonly Step[] {
    return [...this.#entries.values()].flatMap(({ settled }) => settled.step ?? []);
  }

  note(report: Report): void {
    if (report.type === "begun") {
      const { step } = report;
      this.#steps.set(step.number, step);
      const entry = this.#entryOf(step.thread);
      entry.open = [...entry.open, step];
    } else if (report.type === "done") this.#settle(report.number, report.version);
    // Nothing was written, says the contract. Of other failures it is not known what they did.
    else if (report.code === "CONFLICT" || report.code === "CLOSED") this.#drop(report.number);
  }

  /** Compares with what is there, and goes on from what it finds: seen once, it stays. */
  async check(store: ThreadStore, when: string): Promise<void> {
    await inParallel(this.#entries.values(), 8, (entry) => this.#checkThread(store, entry, when));
    const namespaces = Map.groupBy(this.#entries.values(), ({ thread }) => thread.namespace);
    for (const [, entries] of namespaces) await checkListing(store, entries, when);
  }

  async #checkThread(store: ThreadStore, entry: Entry, when: string): Promise<void> {
    const name = nameOf(entry.thread);
    const found = await loadWhole(viewOf(store, entry.thread), entry.thread.id, when);
    const { settled, open } = entry;
    const possible = [settled, ...open.map(outcomeOf)];
    const match = possible.find(({ step }) => isDeepStrictEqual(found?.thread, step && contentOf(step)));
    if (match === undefined) misses(name, found, possible, when);
    if (match === settled) {
      const { version = null } = found ?? {};
      if (version === settled.version) return this.#keep(entry, settled);
      broken(
        `the version of a thread stays as its save told it (${when})`,
        `${name} was saved as ${show(settled.version)} and has ${show(version)}`,
      );
    }
    const version = found?.version ?? null;
    if (match.step !== undefined) this.#noteVersion(entry, match.step, version);
    this.#keep(entry, { step: match.step, version });
  }

  #keep(entry: Entry, settled: Settled): void {
    entry.settled = settled;
    entry.open = [];
  }

  #settle(number: number, version: string | null): void {
    const step = this.#steps.get(number);
    if (step === undefined) throw new RangeError(`There was no step ${number}.`);
    const entry = this.#entryOf(step.thread);
    if (step.action !== "delete") this.#noteVersion(entry, step, version);
    this.#keep(entry, { ...outcomeOf(step), version });
  }

  #drop(number: number | undefined): void {
    for (const entry of this.#entries.values()) {
      entry.open = entry.open.filter((each) => each.number !== number);
    }
  }

  #noteVersion({ thread, versions }: Entry, { number }: Step, version: string | null): void {
    const before = version === null ? undefined : versions.get(version);
    if (before !== undefined && before !== number) {
      broken(
        "no save of a thread yields a version that another had, also after a crash",
        `${nameOf(thread)} had ${show(version)} from step ${before} and from step ${number}`,
      );
    }
    if (version !== null) versions.set(version, number);
  }

  #entryOf(thread: ThreadName): Entry {
    const found = this.#entries.get(nameOf(thread));
    if (found !== undefined) return found;
    const entry: Entry = { thread, settled: nothing, open: [], versions: new Map() };
    this.#entries.set(nameOf(thread), entry);
    return entry;
  }
}

/** What is there once the step has taken effect. */
function outcomeOf(step: Step): Settled {
  return step.action === "delete" ? nothing : { step, version: null };
}

async function loadWhole(store: ThreadStore, id: string, when: string): Promise<StoredThread | undefined> {
  try {
    const found = await store.load(id);
    // Parsed only here.
    void found?.thread;
    return found;
  } catch (error) {
    const promised = ThreadStoreError.is(error, "CORRUPT")
      ? "a crash leaves each thread whole, as it was last saved or was just being saved"
      : "threads can be loaded at once after a crash";
    return broken(`${promised} (${when})`, `load(${show(id)}) rejected with ${describeError(error)}`);
  }
}

function misses(
  name: string,
  found: StoredThread | undefined,
  [settled, ...open]: readonly Settled[],
  when: string,
): never {
  const there = found === undefined ? "nothing" : show(found.thread);
  const known = settled?.step === undefined ? "nothing was" : `${describeStep(settled.step)} was`;
  const begun = open.map(({ step }) => (step === undefined ? "a delete" : describeStep(step)));
  const alternative = begun.length === 0 ? "" : ` or what was in flight, ${begun.join(" or ")},`;
  broken(
    `a crash leaves what was acknowledged last${alternative} whole, and nothing else (${when})`,
    `${known} acknowledged last for ${name}, and ${there} was there`,
  );
}

async function checkListing(store: ThreadStore, entries: readonly Entry[], when: string): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  const listed: string[] = [];
  for await (const { id, corrupt } of viewOf(store, first.thread).list({ limit: 1000 })) {
    listed.push(corrupt ? `${id} (corrupt)` : id);
  }
  const there = entries.filter(({ settled }) => settled.step !== undefined).map(({ thread }) => thread.id);
  same(
    listed.toSorted(),
    there.toSorted(),
    `a listing has each thread once, and no debris of crashes (${when})`,
  );
}
