import fc from "fast-check";
import { range } from "../../utilities/parallel.ts";
import type { Operation } from "./operation.ts";
import { type KnownVersion, type RecordableStore, RecordingClient } from "./recorder.ts";

/** One action of a client on one thread. */
interface Action {
  readonly thread: number;
  readonly kind: "load" | "replace" | "overwrite" | "create" | "delete" | "delete known" | "abort";
  readonly padding: number;
  /** The number of iterations of the event loop to wait before the action. */
  readonly pause: number;
}

/** Weighted towards actions that race, with enough of the others. */
const action: fc.Arbitrary<Action> = fc.record({
  thread: fc.nat(2),
  kind: fc.oneof(
    { weight: 34, arbitrary: fc.constant("load" as const) },
    { weight: 44, arbitrary: fc.constant("replace" as const) },
    { weight: 4, arbitrary: fc.constant("overwrite" as const) },
    { weight: 5, arbitrary: fc.constant("create" as const) },
    { weight: 4, arbitrary: fc.constant("delete" as const) },
    { weight: 6, arbitrary: fc.constant("delete known" as const) },
    { weight: 3, arbitrary: fc.constant("abort" as const) },
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
    const usesVersion = kind === "replace" || kind === "delete known";
    const knownVersion = usesVersion ? await this.#knownOrLoaded(thread) : null;
    const current = await this.#call(kind, thread, knownVersion, padding);
    if (current === undefined) this.#knownVersions.delete(thread);
    else this.#knownVersions.set(thread, current);
  }

  /** Returns the known version and otherwise loads the thread, as application code does. */
  async #knownOrLoaded(thread: string): Promise<KnownVersion> {
    return this.#knownVersions.get(thread) ?? (await this.#client.load(thread)) ?? null;
  }

  #call(
    kind: Action["kind"],
    thread: string,
    knownVersion: KnownVersion,
    padding: number,
  ): Promise<KnownVersion | undefined> {
    switch (kind) {
      case "load":
        return this.#client.load(thread);
      case "replace":
        return this.#client.save(thread, knownVersion, { padding });
      case "overwrite":
        return this.#client.save(thread, undefined, { padding });
      case "create":
        return this.#client.save(thread, null, { padding });
      case "delete":
        return this.#client.delete(thread, undefined);
      case "delete known":
        return this.#client.delete(thread, knownVersion ?? undefined);
      default:
        return this.#client.save(thread, undefined, { padding, signal: signalThatAborts() });
    }
  }
}

/** Returns a signal that aborts in the next iteration of the event loop. */
function signalThatAborts(): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  return controller.signal;
}
