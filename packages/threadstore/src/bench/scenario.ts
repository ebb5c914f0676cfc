import type { ThreadStore } from "@threadstore/core";

/** The namespace of a benchmark. */
export interface BenchContext {
  readonly view: ThreadStore;
  readonly signal: AbortSignal;
}

/** One of the clients that repeat a call at the same time. */
export interface Worker {
  /** The call that is measured. */
  readonly call: () => Promise<unknown>;
  /** Runs before each call, and is not measured. */
  readonly before?: () => Promise<unknown>;
}

/** An operation that is measured with so many workers. */
export interface Scenario {
  readonly operation: string;
  /** The size of the threads, in bytes of their JSON; `undefined` if it does not matter. */
  readonly bytes: number | undefined;
  readonly concurrency: number;
  /** Saves the threads that the worker needs. */
  readonly prepare: (context: BenchContext, worker: number) => Promise<Worker>;
}

const SIZES = [2000, 100_000] as const;
const CONCURRENCIES = [1, 8] as const;
const WRITERS = 8;
const LISTED = 100;
/** The threads of a benchmark that is killed expire. */
const TTL_MS = 3_600_000;
/** After so many appends, a thread starts again with its first size. */
const APPENDS = 200;
const ATTEMPTS = 10_000;

/** The same load in each round. Differences between rounds are noise. */
export const CONTROL: Scenario = {
  operation: "control",
  bytes: SIZES[0],
  concurrency: 1,
  prepare: (context, worker) => prepareLoad(context, { name: "control", bytes: SIZES[0], worker }),
};

interface Own {
  readonly name: string;
  readonly bytes: number;
  readonly worker: number;
}

/** Returns all scenarios. `updates` counts the updates of the writers of one thread. */
export function createScenarios(updates: UpdateCounts): readonly Scenario[] {
  const own = { save: prepareSave, load: prepareLoad, append: prepareAppend };
  const ofSizes = Object.entries(own).flatMap(([operation, prepare]) =>
    SIZES.flatMap((bytes) =>
      CONCURRENCIES.map((concurrency): Scenario => {
        const name = `${operation}-${bytes}-${concurrency}`;
        return {
          operation,
          bytes,
          concurrency,
          prepare: (context, worker) => prepare(context, { name, bytes, worker }),
        };
      }),
    ),
  );
  const listings = CONCURRENCIES.map((concurrency): Scenario => {
    return { operation: `list ${LISTED}`, bytes: undefined, concurrency, prepare: prepareList };
  });
  const update: Scenario = {
    operation: "update one thread",
    bytes: undefined,
    concurrency: WRITERS,
    prepare: (context) => prepareUpdate(context, updates),
  };
  return [...ofSizes, ...listings, update];
}

const WORDS =
  "the order of your last message arrives on Monday and we can change its address until then if you answer".split(
    " ",
  );

/** Returns a conversation of about this size as JSON, with words as in conversations, because layers may compress it. */
export function threadOfSize(bytes: number): { readonly messages: readonly object[] } {
  const messages: object[] = [];
  for (let size = 14; size < bytes;) {
    const words = Array.from({ length: 30 }, () => WORDS[Math.floor(Math.random() * WORDS.length)]);
    const message = {
      role: messages.length % 2 === 0 ? "user" : "assistant",
      content: words.join(" ").slice(0, Math.max(bytes - size - 40, 1)),
    };
    messages.push(message);
    size += JSON.stringify(message).length + 1;
  }
  return { messages };
}

async function prepareSave({ view, signal }: BenchContext, { name, bytes, worker }: Own): Promise<Worker> {
  const id = `${name}-${worker}`;
  const thread = threadOfSize(bytes);
  let turn = 0;
  let previous = await view.save(id, thread, { ttlMs: TTL_MS, signal });
  return {
    async call() {
      turn += 1;
      previous = await view.save(id, { ...thread, turn }, { previous, ttlMs: TTL_MS, signal });
    },
  };
}

async function prepareLoad({ view, signal }: BenchContext, { name, bytes, worker }: Own): Promise<Worker> {
  const id = `${name}-${worker}`;
  await view.save(id, threadOfSize(bytes), { ttlMs: TTL_MS, signal });
  return { call: () => view.load(id, { signal }) };
}

async function prepareAppend({ view, signal }: BenchContext, { name, bytes, worker }: Own): Promise<Worker> {
  const id = `${name}-${worker}`;
  const thread = threadOfSize(bytes);
  const { messages } = threadOfSize(240);
  const start = (): Promise<unknown> => view.save(id, thread, { overwrite: true, ttlMs: TTL_MS, signal });
  let appends = 0;
  await start();
  return {
    async before() {
      if (appends % APPENDS === APPENDS - 1) await start();
    },
    async call() {
      appends += 1;
      await view.append(id, messages, { signal });
    },
  };
}

async function prepareList({ view, signal }: BenchContext, worker: number): Promise<Worker> {
  const listed = view.namespace("listed");
  if (worker === 0) {
    const { cursor, threads } = await listed.listPage({ limit: LISTED, signal });
    if (cursor === undefined && threads.length < LISTED) await fill({ view: listed, signal });
  }
  return { call: () => listed.listPage({ limit: LISTED, signal }) };
}

async function fill({ view, signal }: BenchContext): Promise<void> {
  const ids = Array.from({ length: LISTED }, (_, index) => `thread-${index}`);
  const saveNext = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      await view.save(id, {}, { metadata: { title: id }, ttlMs: TTL_MS, signal });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, saveNext));
}

/** The numbers of updates that the writers of one thread attempted and saved. */
export interface UpdateCounts {
  attempts: number;
  succeeded: number;
}

const SHARED = "shared";

async function prepareUpdate({ view, signal }: BenchContext, counts: UpdateCounts): Promise<Worker> {
  return {
    async call() {
      await view.update(
        SHARED,
        (current) => {
          counts.attempts += 1;
          return { updates: numberOf(current?.thread) + 1 };
        },
        { ttlMs: TTL_MS, maxAttempts: ATTEMPTS, signal },
      );
      counts.succeeded += 1;
    },
  };
}

/** Resolves with how many updates the thread of the writers contains. */
export async function countUpdates({ view }: BenchContext): Promise<number> {
  return numberOf((await view.load(SHARED))?.thread);
}

function numberOf(thread: unknown): number {
  return (thread as { updates?: number } | undefined)?.updates ?? 0;
}
