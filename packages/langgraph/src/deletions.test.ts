import { type Checkpoint, emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import { type MemoryRecords, memoryStore, type ThreadStore } from "@threadstore/core";
import { deferred } from "@threadstore/core/documents";
import { describe, expect, it } from "vitest";
import type { RunnableConfig } from "./config.ts";
import { LangGraphStoreError, ThreadStoreSaver, type ThreadStoreSaverOptions } from "./index.ts";
import { DELETION_MARK } from "./keys.ts";
import { observedStore } from "./observed-store.test-helper.ts";

// Runs whose thread another process deletes, in one process: a fake clock advances while the deletion waits.

const BIG = "x".repeat(3000);
const LATEST = { configurable: { thread_id: "one", checkpoint_ns: "" } };
const QUICK = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";

interface World {
  readonly records: MemoryRecords;
  time: number;
}

function newWorld(): World {
  return { records: new Map(), time: Date.now() };
}

/** Opens a saver as another process does. `before` is called before each call of its store. */
function open(
  world: World,
  before: () => Promise<void> | void = () => undefined,
  options: Partial<ThreadStoreSaverOptions> = {},
): ThreadStoreSaver {
  const now = () => world.time;
  return new ThreadStoreSaver({
    store: observedStore(memoryStore({ records: world.records, now }), before),
    now,
    wait: async (duration) => {
      await before();
      world.time += duration;
    },
    ...options,
  });
}

/** A run of a graph that saves checkpoints with a value that never changes and a list that grows. */
class Run {
  readonly #saver: ThreadStoreSaver;
  readonly values: { big: string; list: string[]; step?: number } = { big: BIG, list: [] };
  readonly #versions: Record<string, number> = {};
  config: RunnableConfig = LATEST;
  #step = 0;

  constructor(saver: ThreadStoreSaver) {
    this.#saver = saver;
  }

  async step(): Promise<void> {
    this.#step += 1;
    const changed = this.#step === 1 ? ["big", "list", "step"] : ["list", "step"];
    this.values.list.push(`${this.#step} ${BIG}`);
    this.values.step = this.#step;
    for (const name of changed) this.#versions[name] = this.#step;
    const checkpoint: Checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(0),
      channel_values: structuredClone(this.values),
      channel_versions: { ...this.#versions },
    };
    const newVersions = Object.fromEntries(changed.map((name) => [name, this.#step]));
    const metadata = { source: "loop", step: this.#step, parents: {} } as const;
    this.config = await this.#saver.put(this.config, checkpoint, metadata, newVersions);
  }
}

/** Returns the latest values as a new process sees them. Rejects if a value is missing. */
async function latestValues(world: World): Promise<Run["values"] | undefined> {
  const tuple = await open(world).getTuple(LATEST);
  return tuple?.checkpoint.channel_values as Run["values"] | undefined;
}

async function historyOf(world: World): Promise<unknown[]> {
  const history: unknown[] = [];
  for await (const { checkpoint } of open(world).list(LATEST)) history.push(checkpoint.channel_values);
  return history;
}

it("a checkpoint that is saved soon after a deletion by another process has all of its values", async () => {
  const world = newWorld();
  const run = new Run(open(world));
  await run.step();
  await open(world).deleteThread("one");
  for (let step = 0; step < 3; step += 1) {
    await run.step();
    expect(await latestValues(world)).toEqual(run.values);
    world.time += 200;
  }
});

/** Calls `action` before the call number `index` of a store, counting from 0. */
function atCall(
  index: number,
  action: () => Promise<void>,
): { before: () => Promise<void>; calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    async before() {
      calls += 1;
      if (calls === index + 1) await action();
    },
  };
}

describe.each([
  { title: "", options: {} },
  { title: " with singleWriter", options: { singleWriter: true } },
  { title: " that expires", options: { ttlMs: 60_000 } },
])("a deletion at any moment of a run$title", ({ options }) => {
  /** Runs three steps; the second one is interrupted by the first part of a deletion, and ends during it. */
  async function interleave(pausedAt: number, resumedAt: number): Promise<{ isDone: boolean }> {
    const world = newWorld();
    const stopped = deferred<void>();
    const resumed = deferred<void>();
    const pause = atCall(pausedAt, async () => {
      stopped.resolve();
      await resumed.promise;
    });
    let isSecondStep = false;
    const saver = open(world, async () => (isSecondStep ? pause.before() : undefined), options);
    const run = new Run(saver);
    await saver.getTuple(LATEST);
    await run.step();
    await saver.getTuple(LATEST);
    isSecondStep = true;
    const stepState = { hasEnded: false };
    const stepping = run
      .step()
      .catch((error: unknown) => {
        if (!LangGraphStoreError.is(error, "CONCURRENT_RUN")) throw error;
      })
      .finally(() => {
        stepState.hasEnded = true;
        stopped.resolve();
      });
    await stopped.promise;
    const resume = atCall(resumedAt, async () => {
      resumed.resolve();
      // Until it has ended, or waits for the deletion.
      for (let turn = 0; turn < 200 && !stepState.hasEnded; turn += 1) await Promise.resolve();
    });
    const isPaused = !stepState.hasEnded;
    await open(world, async () => resume.before()).deleteThread("one");
    resumed.resolve();
    await stepping;
    // The thread is gone, or its latest checkpoint is whole. Older ones can be read, too.
    expect([undefined, run.values]).toContainEqual(await latestValues(world));
    await historyOf(world);
    isSecondStep = false;
    const outcome = await run.step().then(
      () => run.values,
      () => undefined,
    );
    // A single writer is told, and starts again.
    expect(["singleWriter" in options ? undefined : run.values, run.values]).toContainEqual(outcome);
    const latest = await latestValues(world);
    expect(outcome && latest).toEqual(outcome);
    return { isDone: !isPaused || resume.calls() <= resumedAt };
  }

  it("deletes each checkpoint with all of its values, or leaves it whole", async () => {
    let interleavings = 0;
    for (let pausedAt = 0; ; pausedAt += 1) {
      let resumedAt = 0;
      while (!(await interleave(pausedAt, resumedAt)).isDone) resumedAt += QUICK ? 2 : 1;
      interleavings += resumedAt;
      if (resumedAt === 0) break;
    }
    expect(interleavings).toBeGreaterThan(20);
  });
});

it("a process that is suspended while it saves a checkpoint finds that its thread was deleted", async () => {
  for (const attempts of [1, 100]) {
    const isCompleted = attempts === 1;
    const world = newWorld();
    let saves = 0;
    const saver = open(world, async () => undefined, {
      store: observedStore(memoryStore({ records: world.records }), async (operation) => {
        if (operation !== "save" || saves === 0) return;
        saves -= 1;
        await open(world).deleteThread("one");
      }),
    });
    const run = new Run(saver);
    await run.step();
    saves = attempts;
    const code = await run.step().then(
      () => "none",
      (error: { readonly code: unknown }) => error.code,
    );
    expect(code).toBe(isCompleted ? "none" : "CONCURRENT_RUN");
    expect(await latestValues(world)).toEqual(isCompleted ? run.values : undefined);
  }
});

it("a run that looks for the parent before it is deleted, and for the mark after that, finds the deletion", async () => {
  const world = newWorld();
  const [marked, deleted] = [deferred<void>(), deferred<void>()];
  let isMarkHeld = false;
  const store = observedStore(memoryStore({ records: world.records }), async (operation, id) => {
    if (!isMarkHeld || operation !== "load" || id !== DELETION_MARK) return;
    isMarkHeld = false;
    marked.resolve();
    await deleted.promise;
  });
  const run = new Run(open(world, undefined, { store }));
  await run.step();
  world.time += 1000;
  let step: Promise<void> | undefined;
  const deleting = observedStore(memoryStore({ records: world.records }), async (operation) => {
    if (operation !== "delete" || step !== undefined) return;
    isMarkHeld = true;
    step = run.step();
    await marked.promise;
  });
  await open(world, undefined, { store: deleting }).deleteThread("one");
  deleted.resolve();
  await step;
  expect(await latestValues(world)).toEqual(run.values);
});

it("a slow checkpoint that is saved during a deletion starts no lease for the next one", async () => {
  const world = newWorld();
  const waits = [deferred<void>(), deferred<void>()] as const;
  const gates = [deferred<void>(), deferred<void>()] as const;
  let count = 0;
  const wait = async (duration: number): Promise<void> => {
    const index = count === 0 ? 0 : 1;
    count += 1;
    // Almost the whole of the first wait is over when the run goes on.
    if (index === 0) world.time += duration - 10;
    waits[index].resolve();
    await gates[index].promise;
    world.time += index === 0 ? 10 : duration;
  };
  let beforeCheckpoint: (() => Promise<unknown>) | undefined;
  const store = observedStore(memoryStore({ records: world.records }), async (operation, id) => {
    const action = beforeCheckpoint;
    if (operation !== "save" || !String(id).startsWith("c.0.") || action === undefined) return;
    beforeCheckpoint = undefined;
    await action();
  });
  const run = new Run(open(world, undefined, { store }));
  await run.step();
  let deletion: Promise<void> | undefined;
  beforeCheckpoint = async () => {
    deletion = open(world, undefined, { wait }).deleteThread("one");
    await waits[0].promise;
  };
  await run.step();
  beforeCheckpoint = async () => {
    gates[0].resolve();
    await Promise.race([waits[1].promise, deletion]);
  };
  await run.step();
  gates[1].resolve();
  await deletion;
  expect(await latestValues(world)).toEqual(run.values);
});

it("a deletion waits before it deletes anything, and before it removes its mark", async () => {
  const world = newWorld();
  await new Run(open(world)).step();
  const operations: string[] = [];
  const store: ThreadStore = observedStore(memoryStore({ records: world.records }), (operation) => {
    operations.push(operation);
  });
  const wait = async (duration: number): Promise<void> => {
    operations.push(`wait ${duration}`);
  };
  await new ThreadStoreSaver({ store, wait }).deleteThread("one");
  const isChange = (operation: string) => !["listPage", "load"].includes(operation);
  const changes = operations.filter(isChange).filter((each, index, all) => each !== all[index - 1]);
  expect(changes).toEqual(["save", "wait 600", "delete", "wait 600", "delete"]);
});
