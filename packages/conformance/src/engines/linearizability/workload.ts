import fc from "fast-check";
import { range } from "../../utilities/parallel.ts";
import type { Operation } from "./operation.ts";
import { type KnownVersion, type RecordableStore, RecordingClient } from "./recorder.ts";

/** How often each kind of action is made: those that race most often, with enough of the others. */
const WEIGHTS = {
  load: 30,
  replace: 34,
  update: 2,
  overwrite: 3,
  create: 3,
  append: 10,
  "append to known": 2,
  "append or create": 2,
  touch: 3,
  "touch known": 1,
  delete: 3,
  "delete known": 4,
  "abort save": 2,
  "abort append": 1,
} as const;

type ActionKind = keyof typeof WEIGHTS;

/** The kinds that use the version that the client knows. */
const ON_KNOWN_VERSION: readonly ActionKind[] = ["replace", "append to known", "touch known", "delete known"];

/** One action of a client on one thread. */
interface Action {
  readonly thread: number;
  readonly kind: ActionKind;
  readonly padding: number;
  /** The number of iterations of the event loop to wait before the action. */
  readonly pause: number;
}

const action: fc.Arbitrary<Action> = fc.record({
  thread: fc.nat(2),
  kind: fc.oneof(
    ...Object.entries(WEIGHTS).map(([kind, weight]) => ({
      weight,
      arbitrary: fc.constant(kind as ActionKind),
    })),
  ),
  padding: fc.constantFrom(0, 0, 100, 3000),
  pause: fc.constantFrom(0, 0, 0, 1, 2),
});

export interface RoundOptions {
  readonly seed: number;
  /** Part of the thread ids, so that each round has separate threads. */
  readonly name: string;
  readonly actionsPerClient: number;
  readonly signal: AbortSignal;
  /** The store that loads each thread at the end. @default the first store */
  readonly finalReader?: RecordableStore;
}

/** Runs random actions of all clients concurrently on the same three threads. Resolves with the history. */
export async function runRound(
  stores: readonly RecordableStore[],
  options: RoundOptions,
): Promise<Operation[]> {
  const { seed, name, actionsPerClient, signal } = options;
  const history: Operation[] = [];
  const actions = fc.sample(action, { seed, numRuns: stores.length * actionsPerClient });
  const threads = range(3).map((thread) => `${name}-${thread}`);
  await Promise.all(
    stores.map(async (store, index) => {
      const runner = new ActionRunner(new RecordingClient(`c${index}`, store, history), threads);
      for (const each of actions.slice(index * actionsPerClient, (index + 1) * actionsPerClient)) {
        if (signal.aborted) return;
        await runner.run(each);
      }
    }),
  );
  // The final states determine the outcome of many calls whose response was lost.
  const [store] = options.finalReader === undefined ? stores : [options.finalReader];
  if (store === undefined) throw new RangeError("A round needs at least one store.");
  const finalClient = new RecordingClient("end", store, history);
  for (const thread of threads) await finalClient.load(thread);
  return history;
}

class ActionRunner {
  readonly #client: RecordingClient;
  readonly #threads: readonly string[];
  /** The version of each thread that the client last observed, unless a call has proved it stale. */
  readonly #knownVersions = new Map<string, KnownVersion>();

  constructor(client: RecordingClient, threads: readonly string[]) {
    this.#client = client;
    this.#threads = threads;
  }

  async run({ thread: index, kind, padding, pause }: Action): Promise<void> {
    for (const _ of range(pause)) await new Promise((resolve) => setImmediate(resolve));
    const thread = this.#threads[index] ?? "";
    const knownVersion = ON_KNOWN_VERSION.includes(kind) ? await this.#knownOrLoaded(thread) : null;
    const current = await this.#call(kind, thread, knownVersion, padding);
    if (current === undefined) this.#knownVersions.delete(thread);
    else this.#knownVersions.set(thread, current);
  }

  /** Returns the known version and otherwise loads the thread, as application code does. */
  async #knownOrLoaded(thread: string): Promise<KnownVersion> {
    return this.#knownVersions.get(thread) ?? (await this.#client.load(thread)) ?? null;
  }

  #call(
    kind: ActionKind,
    thread: string,
    knownVersion: KnownVersion,
    padding: number,
  ): Promise<KnownVersion | undefined> {
    const client = this.#client;
    const previous = knownVersion ?? undefined;
    const calls: Record<ActionKind, () => Promise<KnownVersion | undefined>> = {
      load: () => client.load(thread),
      replace: () => client.save(thread, knownVersion, { padding }),
      update: () => client.update(thread, { padding }),
      overwrite: () => client.save(thread, undefined, { padding }),
      create: () => client.save(thread, null, { padding }),
      append: () => client.append(thread, undefined, { padding }),
      "append to known": () => client.append(thread, previous, { padding }),
      "append or create": () => client.append(thread, undefined, { padding, creates: true }),
      touch: () => client.touch(thread, undefined),
      "touch known": () => client.touch(thread, previous),
      delete: () => client.delete(thread, undefined),
      "delete known": () => client.delete(thread, previous),
      "abort save": () => client.save(thread, undefined, { padding, signal: signalThatAborts() }),
      "abort append": () => client.append(thread, undefined, { padding, signal: signalThatAborts() }),
    };
    return calls[kind]();
  }
}

/** Returns a signal that aborts in the next iteration of the event loop. */
function signalThatAborts(): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  return controller.signal;
}
