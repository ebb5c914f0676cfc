import { isDeepStrictEqual } from "node:util";
import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { broken, describeError, same, show } from "../../suite/expectations.ts";
import { promptly } from "../../suite/time-limits.ts";
import { inParallel } from "../../utilities/parallel.ts";
import { contentOf, describeStep, nameOf, type Step, type ThreadName, viewOf } from "./step.ts";
import type { Report } from "./work.ts";

/** What is known to be there: what a step wrote, or nothing. */
interface Settled {
  readonly step: Step | undefined;
  readonly version: string | null;
}

/** A step that may or may not have taken effect. Over a network it may even do so after its process was killed. */
interface OpenStep {
  readonly step: Step;
  /** How often it was looked for in vain. */
  readonly missed: number;
}

interface Entry {
  readonly thread: ThreadName;
  settled: Settled;
  open: readonly OpenStep[];
  /** Which step each version belongs to. */
  readonly versions: Map<string, number>;
}

const nothing: Settled = { step: undefined, version: null };

/** What was looked for in vain so often will not come any more. */
const MOST_MISSED = 2;

/** What was told of the steps on a place, and so what may be there after a crash. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #steps = new Map<number, Step>();
  readonly #atOnceMs: number;

  /** Loads have to succeed within this time. */
  constructor(atOnceMs: number) {
    this.#atOnceMs = atOnceMs;
  }

  /** The number after the last. */
  get nextNumber(): number {
    return Math.max(0, ...this.#steps.keys()) + 1;
  }

  /** The threads that are there, as far as is known. */
  get threads(): readonly Step[] {
    return [...this.#entries.values()].flatMap(({ settled }) => settled.step ?? []);
  }

  versionOf(thread: ThreadName): string | null {
    return this.#entryOf(thread).settled.version;
  }

  /** Whether something that a killed process began may yet take effect. */
  isOpen(thread: ThreadName): boolean {
    return this.#entryOf(thread).open.length > 0;
  }

  note(report: Report): void {
    if (report.type === "begun") this.#begin(report.step);
    else if (report.type === "done") this.#settle(this.#stepOf(report.number), report.version);
    else if (report.number !== undefined) this.#fail(this.#stepOf(report.number), report);
  }

  /** Compares with what is there, and goes on from what it finds: seen once, it stays. */
  async check(store: ThreadStore, when: string): Promise<void> {
    await inParallel(this.#entries.values(), 8, (entry) => this.#checkThread(store, entry, when));
    const namespaces = Map.groupBy(this.#entries.values(), ({ thread }) => thread.namespace);
    for (const [, entries] of namespaces) await checkListing(store, entries, when);
  }

  async #checkThread(store: ThreadStore, entry: Entry, when: string): Promise<void> {
    const name = nameOf(entry.thread);
    const found = await this.#loadWhole(viewOf(store, entry.thread), entry.thread.id, when);
    const { settled, open } = entry;
    const possible = possibleIn(entry);
    const match = possible.find(({ step }) => isDeepStrictEqual(found?.thread, step && contentOf(step)));
    const version = found?.version ?? null;
    if (match === undefined) misses(name, found, possible, when);
    if (match !== settled) return this.#take(entry, { step: match.step, version });
    if (version !== settled.version) {
      broken(
        `the version of a thread stays as its save told it (${when})`,
        `${name} was saved as ${show(settled.version)} and has ${show(version)}`,
      );
    }
    entry.open = open
      .map(({ step, missed }) => ({ step, missed: missed + 1 }))
      .filter(({ missed }) => missed < MOST_MISSED);
  }

  async #loadWhole(store: ThreadStore, id: string, when: string): Promise<StoredThread | undefined> {
    const promised = `threads can be loaded at once after a crash (${when})`;
    const outcome = await promptly(this.#atOnceMs, promised, async () => {
      const found = await store.load(id);
      // Parsed only here.
      void found?.thread;
      return found;
    });
    if (outcome.state === "resolved") return outcome.value;
    const { error } = outcome;
    const whole = `a crash leaves each thread whole, as it was last saved or was just being saved (${when})`;
    const isTorn = ThreadStoreError.is(error, "CORRUPT");
    return broken(isTorn ? whole : promised, `load(${show(id)}) rejected with ${describeError(error)}`);
  }

  /** Whoever begins tells what was there, which may be what was in flight before. */
  #begin(step: Step): void {
    this.#steps.set(step.number, step);
    const entry = this.#entryOf(step.thread);
    if (step.after !== entry.settled.version) {
      const seen = entry.open.findLast((each) => (each.step.action === "delete") === (step.after === null));
      if (seen === undefined) {
        broken(
          "the next process finds what was acknowledged last, or what was in flight",
          `it found ${nameOf(step.thread)} at ${show(step.after)}, and ${show(entry.settled.version)} was told`,
        );
      }
      this.#take(entry, { ...outcomeOf(seen.step), version: step.after });
    }
    entry.open = [...entry.open, { step, missed: 0 }];
  }

  #settle(step: Step, version: string | null): void {
    this.#take(this.#entryOf(step.thread), { ...outcomeOf(step), version });
  }

  /** Of failures other than these it is not known what they did. */
  #fail(step: Step, { code, doing }: Extract<Report, { type: "failed" }>): void {
    if (code !== "CONFLICT" && code !== "CLOSED") return;
    const entry = this.#entryOf(step.thread);
    entry.open = entry.open.filter((each) => each.step.number !== step.number);
    if (code === "CONFLICT" && entry.open.length === 0) {
      broken("a process that is alone with its threads meets no CONFLICT", `${doing} was one`);
    }
  }

  /** It is there now. What was to replace another version is too late, and what creates is not. */
  #take(entry: Entry, settled: Settled): void {
    const { step, version } = settled;
    if (step !== undefined && version !== null) this.#noteVersion(entry, step, version);
    entry.settled = settled;
    entry.open = entry.open.filter(
      (each) => each.step.action === "create" && each.step.number < (step?.number ?? Infinity),
    );
  }

  #noteVersion({ thread, versions }: Entry, { number }: Step, version: string): void {
    const before = versions.get(version);
    if (before !== undefined && before !== number) {
      broken(
        "no save of a thread yields a version that another had, also after a crash",
        `${nameOf(thread)} had ${show(version)} from step ${before} and from step ${number}`,
      );
    }
    versions.set(version, number);
  }

  #stepOf(number: number): Step {
    const step = this.#steps.get(number);
    if (step === undefined) throw new RangeError(`There was no step ${number}.`);
    return step;
  }

  #entryOf(thread: ThreadName): Entry {
    const found = this.#entries.get(nameOf(thread));
    if (found !== undefined) return found;
    const entry: Entry = { thread, settled: nothing, open: [], versions: new Map() };
    this.#entries.set(nameOf(thread), entry);
    return entry;
  }
}

function possibleIn({ settled, open }: Entry): readonly Settled[] {
  return [settled, ...open.map(({ step }) => outcomeOf(step))];
}

/** What is there once the step has taken effect. */
function outcomeOf(step: Step): Settled {
  return step.action === "delete" ? nothing : { step, version: null };
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
  const must = entries.filter((entry) => possibleIn(entry).every(({ step }) => step !== undefined));
  const may = entries.filter((entry) => possibleIn(entry).some(({ step }) => step !== undefined));
  const idsOf = (some: readonly Entry[]): string[] => some.map(({ thread }) => thread.id);
  const ids = new Set(listed);
  const expected = [...idsOf(must), ...idsOf(may).filter((id) => ids.has(id))];
  same(
    listed.toSorted(),
    [...new Set(expected)].toSorted(),
    `a listing has each thread once, and no debris of crashes (${when})`,
  );
}
