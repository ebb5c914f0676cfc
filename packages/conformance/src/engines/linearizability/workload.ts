import fc from "fast-check";
import { range } from "../../utilities/parallel.ts";
import type { Operation } from "./operation.ts";
import { type Recorded, RecordingClient, type Seen } from "./recorder.ts";

/** What one client does with one thread, before it goes on to its next step. */
interface Action {
  readonly thread: number;
  readonly kind: "load" | "replace" | "overwrite" | "create" | "delete" | "delete seen" | "abort";
  readonly padding: number;
  /** Turns of the event loop to let pass first. */
  readonly pause: number;
}

/** More of what makes races, and enough of the rest. */
const action: fc.Arbitrary<Action> = fc.record({
  thread: fc.nat(2),
  kind: fc.oneof(
    { weight: 34, arbitrary: fc.constant("load" as const) },
    { weight: 44, arbitrary: fc.constant("replace" as const) },
    { weight: 4, arbitrary: fc.constant("overwrite" as const) },
    { weight: 5, arbitrary: fc.constant("create" as const) },
    { weight: 4, arbitrary: fc.constant("delete" as const) },
    { weight: 6, arbitrary: fc.constant("delete seen" as const) },
    { weight: 3, arbitrary: fc.constant("abort" as const) },
  ),
  padding: fc.constantFrom(0, 0, 100, 3000),
  pause: fc.constantFrom(0, 0, 0, 1, 2),
});

export interface RoundOptions {
  readonly seed: number;
  /** Goes into the ids, so that the round has threads of its own. */
  readonly name: string;
  readonly actionsPerClient: number;
  readonly signal: AbortSignal;
  /** Who loads each thread in the end. @default the first store */
  readonly last?: Recorded;
}

/** All clients at once, each through actions of its own, on the same three threads. Resolves to the history. */
export async function playRound(stores: readonly Recorded[], options: RoundOptions): Promise<Operation[]> {
  const { seed, name, actionsPerClient, signal } = options;
  const history: Operation[] = [];
  const actions = fc.sample(action, { seed, numRuns: stores.length * actionsPerClient });
  const threads = range(3).map((thread) => `${name}-${thread}`);
  await Promise.all(
    stores.map(async (store, index) => {
      const player = new Player(new RecordingClient(`c${index}`, store, history), threads);
      for (const each of actions.slice(index * actionsPerClient, (index + 1) * actionsPerClient)) {
        if (signal.aborted) return;
        await player.play(each);
      }
    }),
  );
  // What is there in the end decides about many answers that were lost.
  const [store] = options.last === undefined ? stores : [options.last];
  if (store === undefined) throw new RangeError("A round takes clients.");
  const last = new RecordingClient("end", store, history);
  for (const thread of threads) await last.load(thread);
  return history;
}

class Player {
  readonly #client: RecordingClient;
  readonly #threads: readonly string[];
  /** What it saw last of each thread, unless it turned out to be old. */
  readonly #seen = new Map<string, Seen>();

  constructor(client: RecordingClient, threads: readonly string[]) {
    this.#client = client;
    this.#threads = threads;
  }

  async play({ thread: index, kind, padding, pause }: Action): Promise<void> {
    for (const _ of range(pause)) await new Promise((resolve) => setImmediate(resolve));
    const thread = this.#threads[index] ?? "";
    const seen = kind === "replace" || kind === "delete seen" ? await this.#look(thread) : null;
    const now = await this.#do(kind, thread, seen, padding);
    if (now === undefined) this.#seen.delete(thread);
    else this.#seen.set(thread, now);
  }

  /** As natural code does: what it has seen, else a load. */
  async #look(thread: string): Promise<Seen> {
    return this.#seen.get(thread) ?? (await this.#client.load(thread)) ?? null;
  }

  #do(kind: Action["kind"], thread: string, seen: Seen, padding: number): Promise<Seen | undefined> {
    switch (kind) {
      case "load":
        return this.#client.load(thread);
      case "replace":
        return this.#client.save(thread, seen, { padding });
      case "overwrite":
        return this.#client.save(thread, undefined, { padding });
      case "create":
        return this.#client.save(thread, null, { padding });
      case "delete":
        return this.#client.delete(thread, undefined);
      case "delete seen":
        return this.#client.delete(thread, seen ?? undefined);
      default:
        return this.#client.save(thread, undefined, { padding, signal: abortedSoon() });
    }
  }
}

function abortedSoon(): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  return controller.signal;
}
