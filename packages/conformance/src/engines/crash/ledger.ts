import { isDeepStrictEqual } from "node:util";
import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { fail, describeError, expectEqual, show } from "../../suite/expectations.ts";
import { promptly } from "../../suite/time-limits.ts";
import { inParallel } from "../../utilities/parallel.ts";
import { contentOf, describeStep, nameOf, type Step, type ThreadName, viewOf } from "./step.ts";
import type { Report } from "./work.ts";

/** A state of a thread: the content that a step wrote, or no thread. */
interface ThreadState {
  readonly step: Step | undefined;
  readonly version: string | null;
}

/** A step with an unknown outcome. Over a network, it may take effect even after its process was killed. */
interface PendingStep {
  readonly step: Step;
  /** The number of checks that found no effect of it. */
  readonly misses: number;
}

interface Entry {
  readonly thread: ThreadName;
  acknowledged: ThreadState;
  pending: readonly PendingStep[];
  /** The number of the step that produced each version. */
  readonly versions: Map<string, number>;
}

const NO_THREAD: ThreadState = { step: undefined, version: null };

/** A pending step that had no effect at this many checks is assumed never to take effect. */
const MAX_MISSES = 2;

/** Records the steps reported at a location, and from them derives the states that a crash may leave. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #steps = new Map<number, Step>();
  readonly #loadLimitMs: number;

  /** `loadLimitMs` is how long a load may take during a check. */
  constructor(loadLimitMs: number) {
    this.#loadLimitMs = loadLimitMs;
  }

  /** The number for the next step. */
  get nextNumber(): number {
    return Math.max(0, ...this.#steps.keys()) + 1;
  }

  /** The steps that wrote the threads known to exist. */
  get threads(): readonly Step[] {
    return [...this.#entries.values()].flatMap(({ acknowledged }) => acknowledged.step ?? []);
  }

  versionOf(thread: ThreadName): string | null {
    return this.#entryOf(thread).acknowledged.version;
  }

  /** Whether a step that a killed process started, with this action if there is one, may still take effect. */
  hasPending(thread: ThreadName, action?: Step["action"]): boolean {
    return this.#entryOf(thread).pending.some(({ step }) => action === undefined || step.action === action);
  }

  record(report: Report): void {
    if (report.type === "started") this.#start(report.step);
    else if (report.type === "done") this.#acknowledge(this.#stepOf(report.number), report.version);
    else if (report.number !== undefined) this.#fail(this.#stepOf(report.number), report);
  }

  /** Compares the store with the ledger. A state found here counts as acknowledged from then on. */
  async check(store: ThreadStore, when: string): Promise<void> {
    await inParallel(this.#entries.values(), 8, (entry) => this.#checkThread(store, entry, when));
    const namespaces = Map.groupBy(this.#entries.values(), ({ thread }) => thread.namespace);
    for (const [, entries] of namespaces) await checkListing(store, entries, when);
  }

  async #checkThread(store: ThreadStore, entry: Entry, when: string): Promise<void> {
    const name = nameOf(entry.thread);
    const stored = await this.#load(viewOf(store, entry.thread), entry.thread.id, when);
    const { acknowledged, pending } = entry;
    const possible = possibleStates(entry);
    const match = possible.find(({ step }) => isDeepStrictEqual(stored?.thread, step && contentOf(step)));
    const version = stored?.version ?? null;
    if (match === undefined) failUnexpectedState(name, stored, possible, when);
    if (match !== acknowledged) return this.#setState(entry, { step: match.step, version });
    if (version !== acknowledged.version) {
      fail(
        `a thread keeps the version that its save returned (${when})`,
        `the version of ${name} was ${show(acknowledged.version)} and is now ${show(version)}`,
      );
    }
    entry.pending = pending
      .map(({ step, misses }) => ({ step, misses: misses + 1 }))
      .filter(({ misses }) => misses < MAX_MISSES);
  }

  async #load(store: ThreadStore, id: string, when: string): Promise<StoredThread | undefined> {
    const expectation = `threads can be loaded without delay after a crash (${when})`;
    const outcome = await promptly(this.#loadLimitMs, expectation, async () => {
      const stored = await store.load(id);
      // The thread is parsed on first access, which fails if it is corrupt.
      void stored?.thread;
      return stored;
    });
    if (outcome.state === "resolved") return outcome.value;
    const { error } = outcome;
    const intact = `a crash leaves each thread intact, as before or after the interrupted save (${when})`;
    const isCorrupt = ThreadStoreError.is(error, "CORRUPT");
    return fail(isCorrupt ? intact : expectation, `load(${show(id)}) rejected with ${describeError(error)}`);
  }

  /** A process that starts a step reports the version it found, which may come from a pending step. */
  #start(step: Step): void {
    this.#steps.set(step.number, step);
    const entry = this.#entryOf(step.thread);
    if (step.previous !== entry.acknowledged.version) {
      const isDelete = step.previous === null;
      const source = entry.pending.findLast((each) => (each.step.action === "delete") === isDelete);
      if (source === undefined) {
        fail(
          "a process finds the last acknowledged version of a thread, or that of a pending step",
          `it found ${nameOf(step.thread)} at ${show(step.previous)}, ` +
            `but the last acknowledged version is ${show(entry.acknowledged.version)}`,
        );
      }
      this.#setState(entry, { ...stateAfter(source.step), version: step.previous });
    }
    entry.pending = [...entry.pending, { step, misses: 0 }];
  }

  #acknowledge(step: Step, version: string | null): void {
    this.#setState(this.#entryOf(step.thread), { ...stateAfter(step), version });
  }

  /** Only CONFLICT and CLOSED prove that a step had no effect. After any other failure it stays pending. */
  #fail(step: Step, { code, operation }: Extract<Report, { type: "failed" }>): void {
    if (code !== "CONFLICT" && code !== "CLOSED") return;
    const entry = this.#entryOf(step.thread);
    entry.pending = entry.pending.filter((each) => each.step.number !== step.number);
    if (code === "CONFLICT" && entry.pending.length === 0) {
      fail("the only writer of a thread never gets CONFLICT", `${operation} rejected with CONFLICT`);
    }
  }

  /** Sets the state. Of the pending steps, only earlier creations may still take effect afterwards. */
  #setState(entry: Entry, state: ThreadState): void {
    const { step, version } = state;
    if (step !== undefined && version !== null) this.#recordVersion(entry, step, version);
    entry.acknowledged = state;
    entry.pending = entry.pending.filter(
      (each) => each.step.action === "create" && each.step.number < (step?.number ?? Infinity),
    );
  }

  #recordVersion({ thread, versions }: Entry, { number }: Step, version: string): void {
    const earlier = versions.get(version);
    if (earlier !== undefined && earlier !== number) {
      fail(
        "every save of a thread returns a new version, even after a crash",
        `${nameOf(thread)} got ${show(version)} from step ${earlier} and again from step ${number}`,
      );
    }
    versions.set(version, number);
  }

  #stepOf(number: number): Step {
    const step = this.#steps.get(number);
    if (step === undefined) throw new RangeError(`Unknown step ${number}.`);
    return step;
  }

  #entryOf(thread: ThreadName): Entry {
    const existing = this.#entries.get(nameOf(thread));
    if (existing !== undefined) return existing;
    const entry: Entry = { thread, acknowledged: NO_THREAD, pending: [], versions: new Map() };
    this.#entries.set(nameOf(thread), entry);
    return entry;
  }
}

function possibleStates({ acknowledged, pending }: Entry): readonly ThreadState[] {
  return [acknowledged, ...pending.map(({ step }) => stateAfter(step))];
}

/** The state once the step has taken effect. */
function stateAfter(step: Step): ThreadState {
  return step.action === "delete" ? NO_THREAD : { step, version: null };
}

function failUnexpectedState(
  name: string,
  stored: StoredThread | undefined,
  [acknowledged, ...pending]: readonly ThreadState[],
  when: string,
): never {
  const actual = stored === undefined ? "no thread" : show(stored.thread);
  const expected = acknowledged?.step === undefined ? "no thread" : describeStep(acknowledged.step);
  const started = pending.map(({ step }) => (step === undefined ? "a delete" : describeStep(step)));
  const alternative = started.length === 0 ? "" : `, or the effect of ${started.join(" or ")}`;
  fail(
    `a crash leaves the last acknowledged state intact${alternative} (${when})`,
    `the last acknowledged state of ${name} was ${expected}, but the store has ${actual}`,
  );
}

async function checkListing(store: ThreadStore, entries: readonly Entry[], when: string): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  const listed: string[] = [];
  for await (const { id, corrupt } of viewOf(store, first.thread).list({ limit: 1000 })) {
    listed.push(corrupt ? `${id} (corrupt)` : id);
  }
  const required = entries.filter((entry) => possibleStates(entry).every(({ step }) => step !== undefined));
  const allowed = entries.filter((entry) => possibleStates(entry).some(({ step }) => step !== undefined));
  const idsOf = (some: readonly Entry[]): string[] => some.map(({ thread }) => thread.id);
  const ids = new Set(listed);
  const expected = [...idsOf(required), ...idsOf(allowed).filter((id) => ids.has(id))];
  expectEqual(
    listed.toSorted(),
    [...new Set(expected)].toSorted(),
    `a listing has each thread once and nothing that crashes left (${when})`,
  );
}
