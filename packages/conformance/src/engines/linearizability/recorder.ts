import { type DeleteOptions, type SaveOptions, ThreadStoreError } from "@threadstore/core";
import { broken, describeError, outcomeOf, show } from "../../suite/expectations.ts";
import type { Operation } from "./operation.ts";

/** What the calls of a history go to: a store, or one in another process. */
export interface Recorded {
  readonly save: (id: string, thread: object, options: SaveOptions) => Promise<RecordedThread>;
  readonly load: (id: string) => Promise<RecordedThread | undefined>;
  readonly delete: (id: string, options: DeleteOptions) => Promise<boolean>;
}

/** What a history takes of a stored thread. */
export interface RecordedThread {
  readonly version: string;
  readonly thread: object;
}

/** What a client last saw of a thread: a version, or that there is none. */
export type Seen = string | null;

/** What is written into each thread, to know it again. */
interface Payload {
  readonly write: string;
  readonly padding: string;
}

/**
 * One client of a store: makes calls, one after the other, and writes down what came of them into a history that
 * several clients share, for `checkHistory`. A failure that a race does not explain is thrown on.
 */
export class RecordingClient {
  readonly #store: Recorded;
  readonly #history: Operation[];
  readonly #name: string;
  #heirs = 0;
  #writes = 0;

  constructor(name: string, store: Recorded, history: Operation[]) {
    this.#name = name;
    this.#store = store;
    this.#history = history;
  }

  /** `undefined`: no answer. */
  async load(thread: string): Promise<Seen | undefined> {
    const answer = await this.#call(() => this.#store.load(thread));
    const call = { ...this.#common(thread, answer), type: "load" } as const;
    if (answer.outcome !== "done") {
      if (answer.outcome === "conflict") broken("load has no conflicts", "one was a CONFLICT");
      this.#history.push({ ...call, outcome: "unknown" });
      return undefined;
    }
    const { value } = answer;
    const found = value === undefined ? null : { write: writeIn(value.thread), version: value.version };
    this.#history.push({ ...call, outcome: "done", found });
    return found?.version ?? null;
  }

  /** Without `on` it overwrites. Resolves to what is there now, when it is known. */
  async save(
    thread: string,
    on: Seen | undefined,
    more: { padding: number; signal?: AbortSignal },
  ): Promise<Seen | undefined> {
    this.#writes += 1;
    const write = `${this.#name}-${this.#writes}`;
    const payload: Payload = { write, padding: "x".repeat(more.padding) };
    const condition: SaveOptions = on === undefined ? { overwrite: true } : { previous: on ?? undefined };
    const { signal } = more;
    const answer = await this.#call(() => this.#store.save(thread, payload, { ...condition, signal }));
    const version = answer.outcome === "done" ? answer.value.version : undefined;
    this.#history.push({
      ...this.#common(thread, answer),
      type: "save",
      write,
      ...(on === undefined ? {} : { previous: on }),
      ...(version === undefined ? {} : { version }),
      outcome: answer.outcome,
    });
    return version;
  }

  /** Without `on` it deletes whatever is there. */
  async delete(thread: string, on: string | undefined): Promise<Seen | undefined> {
    const answer = await this.#call(() =>
      this.#store.delete(thread, on === undefined ? {} : { previous: on }),
    );
    this.#history.push({
      ...this.#common(thread, answer),
      type: "delete",
      ...(on === undefined ? {} : { previous: on }),
      ...(answer.outcome === "done" ? { deleted: answer.value } : {}),
      outcome: answer.outcome,
    });
    return answer.outcome === "done" ? null : undefined;
  }

  #common(
    thread: string,
    { start, end, outcome }: Answer<unknown>,
  ): Pick<Operation, "thread" | "client" | "start" | "end"> {
    const client = this.#heirs === 0 ? this.#name : `${this.#name}.${this.#heirs}`;
    // The call may still be under way, and no client has two: whoever calls next is somebody else.
    if (outcome === "unknown") this.#heirs += 1;
    return { thread, client, start, end: outcome === "unknown" ? null : end };
  }

  async #call<T>(work: () => Promise<T>): Promise<Answer<T>> {
    const start = performance.now();
    const outcome = await outcomeOf(work);
    const times = { start, end: performance.now() };
    if (outcome.state === "resolved") return { ...times, outcome: "done", value: outcome.value };
    const { error } = outcome;
    if (ThreadStoreError.is(error, "CONFLICT")) return { ...times, outcome: "conflict" };
    if (isUnknown(error)) return { ...times, outcome: "unknown" };
    return broken("who races succeeds or gets CONFLICT", `one got ${describeError(error)}`);
  }
}

type Answer<T> =
  | { readonly start: number; readonly end: number; readonly outcome: "done"; readonly value: T }
  | { readonly start: number; readonly end: number; readonly outcome: "conflict" | "unknown" };

/** Whether the call may or may not have taken effect. */
function isUnknown(error: unknown): boolean {
  const isLost =
    ThreadStoreError.is(error) && (error.code === "OUTCOME_UNKNOWN" || error.code === "UNAVAILABLE");
  return isLost || (error instanceof DOMException && error.name === "AbortError");
}

function writeIn(thread: object): string {
  const { write } = thread as Partial<Payload>;
  return typeof write === "string"
    ? write
    : broken("a load finds what a save wrote", `it found ${show(thread)}`);
}
