import {
  type AppendOptions,
  type DeleteOptions,
  type SaveOptions,
  type ThreadMetadata,
  ThreadStoreError,
  type TouchOptions,
} from "@threadstore/core";
import { fail, describeError, outcomeOf } from "../../suite/expectations.ts";
import type { AppendOperation, Operation } from "./operation.ts";
import { type RecordedThread, savedContent, writesIn } from "./recorded-thread.ts";

/** The methods of a store whose calls can be recorded. The store may be in another process. */
export interface RecordableStore {
  readonly save: (id: string, thread: object, options: SaveOptions) => Promise<Versioned>;
  readonly append: (id: string, elements: readonly unknown[], options: AppendOptions) => Promise<Versioned>;
  readonly touch: (id: string, options: TouchOptions) => Promise<Versioned | undefined>;
  /** `change` returns the same thread each time. Its last call gets the version that the save replaces. */
  readonly update: (
    id: string,
    change: (current: Versioned | undefined) => object,
    options: { metadata: ThreadMetadata },
  ) => Promise<Versioned | undefined>;
  readonly load: (id: string) => Promise<RecordedThread | undefined>;
  readonly delete: (id: string, options: DeleteOptions) => Promise<boolean>;
}

export interface Versioned {
  readonly version: string;
}

/** The version of a thread that a client last observed; `null` if the thread did not exist. */
export type KnownVersion = string | null;

/** The options of a save or append, except its precondition. */
export interface WriteOptions {
  /** Characters to add to what is written. */
  readonly padding: number;
  readonly signal?: AbortSignal;
}

/**
 * A client of a store that makes one call at a time and records the results for `checkHistory`. Several clients share
 * one history. Calls reject if they fail in a way that concurrency does not explain.
 *
 * Calls that change a thread resolve with its new version, or with `undefined` if the current version is not known.
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
    const found = value === undefined ? null : { ...writesIn(value), version: value.version };
    this.#history.push({ ...call, outcome: "done", found });
    return found?.version ?? null;
  }

  /** Saves a thread; overwrites it unconditionally if `previous` is `undefined`. */
  async save(
    thread: string,
    previous: KnownVersion | undefined,
    { padding, signal }: WriteOptions,
  ): Promise<KnownVersion | undefined> {
    const write = this.#nextWrite();
    const condition: SaveOptions =
      previous === undefined ? { overwrite: true } : { previous: previous ?? undefined };
    const options = { ...condition, metadata: { write }, signal };
    const content = savedContent(write, padding);
    const result = await this.#call(() => this.#store.save(thread, content, options));
    return this.#recordSave(thread, result, write, previous);
  }

  /** Replaces a thread with the store's `update`. Recorded as a save on the version that the update loaded last. */
  async update(thread: string, { padding }: WriteOptions): Promise<KnownVersion | undefined> {
    const write = this.#nextWrite();
    let previous: KnownVersion = null;
    const change = (current: Versioned | undefined): object => {
      previous = current?.version ?? null;
      return savedContent(write, padding);
    };
    const result = await this.#call(async () => {
      const saved = await this.#store.update(thread, change, { metadata: { write } });
      return saved ?? fail("update resolves with the saved thread", "it resolved with undefined");
    });
    // If there was no response, its last attempt may have replaced another version.
    return this.#recordSave(thread, result, write, result.outcome === "unknown" ? undefined : previous);
  }

  /** Appends an element; to any version if `previous` is `undefined`. `creates` creates a missing thread. */
  async append(
    thread: string,
    previous: string | undefined,
    { padding, signal, creates = false }: WriteOptions & Pick<AppendOperation, "creates">,
  ): Promise<KnownVersion | undefined> {
    const write = this.#nextWrite();
    const create = creates ? { create: savedContent(write, 0) } : {};
    const condition = previous === undefined ? create : { previous };
    const options = { ...condition, metadata: { write }, signal };
    const element = { write, padding: "x".repeat(padding) };
    const result = await this.#call(() => this.#store.append(thread, [element], options));
    const version = result.outcome === "done" ? result.value.version : undefined;
    this.#history.push({
      ...this.#common(thread, result),
      type: "append",
      write,
      ...(previous === undefined ? {} : { previous }),
      ...(creates ? { creates } : {}),
      ...(version === undefined ? {} : { version }),
      outcome: result.outcome,
    });
    return version;
  }

  /** Touches a thread; any version of it if `previous` is `undefined`. */
  async touch(thread: string, previous: string | undefined): Promise<KnownVersion | undefined> {
    const write = this.#nextWrite();
    const condition = previous === undefined ? {} : { previous };
    const result = await this.#call(() => this.#store.touch(thread, { ...condition, metadata: { write } }));
    const version = result.outcome === "done" ? (result.value?.version ?? null) : undefined;
    this.#history.push({
      ...this.#common(thread, result),
      type: "touch",
      write,
      ...condition,
      ...(version === undefined ? {} : { touched: version !== null }),
      ...(typeof version === "string" ? { version } : {}),
      outcome: result.outcome,
    });
    return version;
  }

  /** Deletes a thread, unconditionally if `previous` is `undefined`. Resolves with `null` if that succeeded. */
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

  #nextWrite(): string {
    this.#writes += 1;
    return `${this.#name}-${this.#writes}`;
  }

  #recordSave(
    thread: string,
    result: CallResult<Versioned>,
    write: string,
    previous: KnownVersion | undefined,
  ): string | undefined {
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
