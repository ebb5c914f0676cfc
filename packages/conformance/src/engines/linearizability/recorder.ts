import { type DeleteOptions, type SaveOptions, ThreadStoreError } from "@threadstore/core";
import { fail, describeError, outcomeOf, show } from "../../suite/expectations.ts";
import type { Operation } from "./operation.ts";

/** The methods of a store whose calls can be recorded. The store may be in another process. */
export interface RecordableStore {
  readonly save: (id: string, thread: object, options: SaveOptions) => Promise<RecordedThread>;
  readonly load: (id: string) => Promise<RecordedThread | undefined>;
  readonly delete: (id: string, options: DeleteOptions) => Promise<boolean>;
}

/** The parts of a stored thread that a history needs. */
export interface RecordedThread {
  readonly version: string;
  readonly thread: object;
}

/** The version of a thread that a client last observed; `null` if the thread did not exist. */
export type KnownVersion = string | null;

/** The content of each thread, which identifies the save that wrote it. */
interface Payload {
  readonly write: string;
  readonly padding: string;
}

/**
 * A client of a store that makes one call at a time and records the results for `checkHistory`. Several clients share
 * one history. Calls reject if they fail in a way that concurrency does not explain.
 */
export class RecordingClient {
  readonly #store: RecordableStore;
  readonly #history: Operation[];
  readonly #name: string;
  #unknownOutcomes = 0;
  #writes = 0;

  constructor(name: string, store: RecordableStore, history: Operation[]) {
    this.#name = name;
    this.#store = store;
    this.#history = history;
  }

  /** Loads a thread. Resolves with `undefined` if there was no response. */
  async load(thread: string): Promise<KnownVersion | undefined> {
    const result = await this.#call(() => this.#store.load(thread));
    const call = { ...this.#common(thread, result), type: "load" } as const;
    if (result.outcome !== "done") {
      if (result.outcome === "conflict") fail("load never rejects with CONFLICT", "it did");
      this.#history.push({ ...call, outcome: "unknown" });
      return undefined;
    }
    const { value } = result;
    const found = value === undefined ? null : { write: writeIn(value.thread), version: value.version };
    this.#history.push({ ...call, outcome: "done", found });
    return found?.version ?? null;
  }

  /**
   * Saves a thread; overwrites it unconditionally if `previous` is `undefined`. Resolves with the new version, or with
   * `undefined` if the current version is not known.
   */
  async save(
    thread: string,
    previous: KnownVersion | undefined,
    more: { padding: number; signal?: AbortSignal },
  ): Promise<KnownVersion | undefined> {
    this.#writes += 1;
    const write = `${this.#name}-${this.#writes}`;
    const payload: Payload = { write, padding: "x".repeat(more.padding) };
    const condition: SaveOptions =
      previous === undefined ? { overwrite: true } : { previous: previous ?? undefined };
    const { signal } = more;
    const result = await this.#call(() => this.#store.save(thread, payload, { ...condition, signal }));
    const version = result.outcome === "done" ? result.value.version : undefined;
    this.#history.push({
      ...this.#common(thread, result),
      type: "save",
      write,
      ...(previous === undefined ? {} : { previous }),
      ...(version === undefined ? {} : { version }),
      outcome: result.outcome,
    });
    return version;
  }

  /**
   * Deletes a thread, unconditionally if `previous` is `undefined`. Resolves with `null`, or with `undefined` if the
   * current version is not known.
   */
  async delete(thread: string, previous: string | undefined): Promise<KnownVersion | undefined> {
    const condition: DeleteOptions = previous === undefined ? {} : { previous };
    const result = await this.#call(() => this.#store.delete(thread, condition));
    this.#history.push({
      ...this.#common(thread, result),
      type: "delete",
      ...(previous === undefined ? {} : { previous }),
      ...(result.outcome === "done" ? { deleted: result.value } : {}),
      outcome: result.outcome,
    });
    return result.outcome === "done" ? null : undefined;
  }

  #common(
    thread: string,
    { start, end, outcome }: CallResult<unknown>,
  ): Pick<Operation, "thread" | "client" | "start" | "end"> {
    const client = this.#unknownOutcomes === 0 ? this.#name : `${this.#name}.${this.#unknownOutcomes}`;
    // The call may still be in progress. Since a client has only one, the next call belongs to a new client.
    if (outcome === "unknown") this.#unknownOutcomes += 1;
    return { thread, client, start, end: outcome === "unknown" ? null : end };
  }

  async #call<T>(work: () => Promise<T>): Promise<CallResult<T>> {
    const start = performance.now();
    const outcome = await outcomeOf(work);
    const times = { start, end: performance.now() };
    if (outcome.state === "resolved") return { ...times, outcome: "done", value: outcome.value };
    const { error } = outcome;
    if (ThreadStoreError.is(error, "CONFLICT")) return { ...times, outcome: "conflict" };
    if (isUnknownOutcome(error)) return { ...times, outcome: "unknown" };
    return fail(
      "a concurrent call succeeds or rejects with CONFLICT",
      `it rejected with ${describeError(error)}`,
    );
  }
}

type CallResult<T> =
  | { readonly start: number; readonly end: number; readonly outcome: "done"; readonly value: T }
  | { readonly start: number; readonly end: number; readonly outcome: "conflict" | "unknown" };

/** Whether the call may or may not have taken effect. */
function isUnknownOutcome(error: unknown): boolean {
  const isUnknown =
    ThreadStoreError.is(error) && (error.code === "OUTCOME_UNKNOWN" || error.code === "UNAVAILABLE");
  return isUnknown || (error instanceof DOMException && error.name === "AbortError");
}

function writeIn(thread: object): string {
  const { write } = thread as Partial<Payload>;
  return typeof write === "string"
    ? write
    : fail("load returns the content that a save wrote", `it returned ${show(thread)}`);
}
