import { expectedVersionOf } from "./encoding/expected-version.ts";
import { storedThread } from "./encoding/snapshot.ts";
import { ThreadStoreError } from "./errors.ts";
import { deleteExpiredThreads } from "./operations/delete-expired.ts";
import { deleteThread } from "./operations/delete.ts";
import { listThreads, pageRequest } from "./operations/list-page.ts";
import { corrupt, lookUp } from "./operations/read-record.ts";
import { saveRequest, saveThread } from "./operations/save.ts";
import { updateThread } from "./operations/update.ts";
import { type CallDiagnostics, traced } from "./runtime/diagnostics.ts";
import { failureOf } from "./runtime/driver-failure.ts";
import { Lifecycle } from "./runtime/lifecycle.ts";
import { type Backend, type Call, type Operation, withinTime } from "./runtime/operation-context.ts";
import { beforeATurn } from "./runtime/yield-to-event-loop.ts";
import type { ThreadDriver, ThreadKey } from "./thread-driver.ts";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  LoadOptions,
  SaveOptions,
  StoredThread,
  DeleteExpiredOptions,
  DeleteExpiredResult,
  ThreadPage,
  ThreadStore,
  ThreadSummary,
  ThreadText,
  UpdateChange,
  UpdateOptions,
} from "./thread-store.ts";
import { checkCallOptions } from "./validation/call-options.ts";
import { checkedId, namespaceWithin } from "./validation/names.ts";
import { resolveStoreOptions, type StoreOptions } from "./validation/store-options.ts";

/**
 * The store over a driver: everything that the contract promises and the driver does not do, once for all
 * backends. Throws a `TypeError` for wrong options, before any I/O.
 */
export function createThreadStore(driver: ThreadDriver, options: StoreOptions = {}): ThreadStore {
  // A driver in JavaScript, or of another release, may be of a contract that this core does not know.
  if (driver.contract !== 1) {
    throw new TypeError(
      "The driver is not one of contract 1. Use releases of it and of @threadstore/core that match.",
    );
  }
  const backend = { driver, options: resolveStoreOptions(options) };
  return new View(backend, "", new Lifecycle(undefined, () => closeDriver(driver)));
}

async function closeDriver(driver: ThreadDriver): Promise<void> {
  try {
    await driver.close();
  } catch (cause) {
    throw failureOf(driver, cause).error;
  }
}

/** The work of a call, once its arguments are checked. */
type Work<T> = (call: Call) => Promise<T>;

/** A namespace of a backend. The only place where calls begin and end. */
class View implements ThreadStore {
  readonly #backend: Backend;
  readonly #namespace: string;
  readonly #lifecycle: Lifecycle;

  constructor(backend: Backend, namespace: string, lifecycle: Lifecycle) {
    this.#backend = backend;
    this.#namespace = namespace;
    this.#lifecycle = lifecycle;
  }

  save(id: string, thread: object | ThreadText, options: SaveOptions = {}): Promise<StoredThread> {
    return this.#call("save", id, options, () => {
      const request = saveRequest(this.#key(id), thread, options, this.#backend.options);
      return (call) => saveThread(call, request);
    });
  }

  load(id: string, options: LoadOptions = {}): Promise<StoredThread | undefined> {
    return this.#call("load", id, options, () => {
      const key = this.#key(id);
      const snapshot = expectedVersionOf(key, options.cached, "cached")?.snapshot;
      return async (call) => {
        const found = await lookUp(call, key, snapshot);
        if (found === undefined || found.state === "expired") return undefined;
        if (found.state === "damaged") throw corrupt(found.damage);
        call.bytes = found.record.trailer.size;
        return storedThread({ key, version: found.version, record: found.record });
      };
    });
  }

  delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.#call("delete", id, options, () => {
      const key = this.#key(id);
      const expected = expectedVersionOf(key, options.previous);
      return (call) => deleteThread(call, key, expected);
    });
  }

  async *list(options: ListOptions = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    checkCallOptions(options);
    let { cursor } = options;
    do {
      const page = await this.listPage({ ...options, cursor });
      yield* page.threads;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  listPage(options: ListOptions = {}): Promise<ThreadPage> {
    return this.#call("list", undefined, options, () => {
      const request = pageRequest(this.#backend.driver, this.#namespace, options);
      return (call) => listThreads(call, request);
    });
  }

  update(
    id: string,
    change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
    options: UpdateOptions = {},
  ): Promise<StoredThread | undefined> {
    return this.#tracked(async () => {
      this.#lifecycle.throwIfClosed();
      checkCallOptions(options);
      const inner = new View(this.#backend, this.#namespace, this.#lifecycle.inner());
      return updateThread(inner, id, change, options);
    });
  }

  deleteExpired(options: DeleteExpiredOptions = {}): Promise<DeleteExpiredResult> {
    return this.#call("deleteExpired", undefined, options, () => {
      const { after } = pageRequest(this.#backend.driver, this.#namespace, { cursor: options.cursor });
      return (call) => deleteExpiredThreads(call, after);
    });
  }

  namespace(name: string): ThreadStore {
    const lifecycle = new Lifecycle(this.#lifecycle, () => Promise.resolve());
    return new View(this.#backend, namespaceWithin(this.#namespace, name), lifecycle);
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For logs and `JSON.stringify`: what it is, and nothing of the client it uses. */
  toJSON(): object {
    return { store: this.#backend.driver.name, namespace: this.#namespace };
  }

  #key(id: string): ThreadKey {
    return { namespace: this.#namespace, id: checkedId(id) };
  }

  /**
   * Every call goes through here. `prepare` checks the arguments and takes from them all that the work needs
   * before anything is awaited.
   */
  #call<T>(
    operation: Operation,
    id: string | undefined,
    options: CallOptions,
    prepare: () => Work<T>,
  ): Promise<T> {
    const diagnostics: CallDiagnostics = {
      operation,
      store: this.#backend.driver.name,
      namespace: this.#namespace,
      id: typeof id === "string" ? id : undefined,
    };
    return this.#tracked(() => traced(diagnostics, () => this.#run(diagnostics, options, prepare)));
  }

  /** Closing waits for it. What the caller gets is a promise of its own: a failure that nobody handles must show. */
  async #tracked<T>(call: () => Promise<T>): Promise<T> {
    return await this.#lifecycle.call(beforeATurn(call()));
  }

  async #run<T>(diagnostics: CallDiagnostics, options: CallOptions, prepare: () => Work<T>): Promise<T> {
    const started = performance.now();
    let running: Call | undefined;
    const parts = { ...this.#backend, operation: diagnostics.operation, namespace: this.#namespace };
    try {
      this.#lifecycle.throwIfClosed();
      checkCallOptions(options);
      options.signal?.throwIfAborted();
      const work = prepare();
      const result = await withinTime(parts, options, (call) => {
        running = call;
        return this.#lifecycle.work(work(call));
      });
      diagnostics.outcome = "ok";
      return result;
    } catch (error) {
      const unforeseen = options?.signal?.aborted === true ? "ABORTED" : "FAILED";
      diagnostics.outcome = ThreadStoreError.is(error) ? error.code : unforeseen;
      throw ThreadStoreError.is(error) ? withContext(error, diagnostics) : error;
    } finally {
      const { bytes, requests = 0 } = running ?? {};
      Object.assign(diagnostics, { durationMs: performance.now() - started, bytes, requests });
    }
  }
}

/** The error with what is known of the call, thrown as it is so that its stack shows where it arose. */
function withContext(
  error: ThreadStoreError,
  { operation, store, namespace, id }: CallDiagnostics,
): ThreadStoreError {
  return error.operation === undefined ? Object.assign(error, { operation, store, namespace, id }) : error;
}
