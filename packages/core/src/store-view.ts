import { type CopiedStore, setCopiedStore } from "./operations/copied-store.ts";
import { listThreads } from "./operations/list.ts";
import { setLocation, type StoreLocation } from "./operations/store-location.ts";
import { updateThread } from "./operations/update.ts";
import { type CallDiagnostics, type Operation, traced } from "./runtime/diagnostics.ts";
import { failedCall } from "./runtime/failed-call.ts";
import type { Lifecycle } from "./runtime/lifecycle.ts";
import { isPromise, type MaybePromise } from "./runtime/maybe-promise.ts";
import { isYieldDue, yieldToEventLoopAfter } from "./runtime/yield-to-event-loop.ts";
import type {
  AppendOptions,
  AppendResult,
  CallOptions,
  DeleteExpiredOptions,
  DeleteExpiredResult,
  DeleteOptions,
  EraseOptions,
  EraseResult,
  ListOptions,
  LoadOptions,
  NamespacePage,
  NamespacesOptions,
  SaveOptions,
  StoredThread,
  ThreadPage,
  ThreadStore,
  ThreadSummary,
  TouchOptions,
  TouchResult,
  UpdateChange,
  UpdateOptions,
} from "./thread-store.ts";
import { checkedCallOptions, type MethodOptions } from "./validation/call-options.ts";

/** The work of a call, after its arguments were validated. */
export type Work<Context, Result> = (context: Context) => MaybePromise<Result>;

/**
 * The operations of one namespace of a store. Each validates and copies its arguments synchronously, so that later
 * changes by the caller have no effect.
 */
export interface NamespaceOperations<Context> {
  /** The name of the store in errors and telemetry. */
  readonly store: string;
  readonly namespace: string;
  readonly location: StoreLocation | undefined;
  readonly copied?: CopiedStore | undefined;
  save(id: string, thread: object | string, options: SaveOptions): Work<Context, StoredThread>;
  append(id: string, elements: readonly unknown[], options: AppendOptions): Work<Context, AppendResult>;
  touch(id: string, options: TouchOptions): Work<Context, TouchResult | undefined>;
  load(id: string, options: LoadOptions): Work<Context, StoredThread | undefined>;
  delete(id: string, options: DeleteOptions): Work<Context, boolean>;
  listPage(options: ListOptions): Work<Context, ThreadPage>;
  deleteExpired(options: DeleteExpiredOptions): Work<Context, DeleteExpiredResult>;
  namespaces(options: NamespacesOptions): Work<Context, NamespacePage>;
  erase(options: EraseOptions): Work<Context, EraseResult>;
  /** Runs the work of a call in a new context, and completes its diagnostics. */
  run<T>(diagnostics: CallDiagnostics, options: CallOptions, work: Work<Context, T>): MaybePromise<T>;
  /** Returns the operations of a nested namespace. */
  within(name: string): NamespaceOperations<Context>;
  /** Releases the resources of the store or view. Called once, after the last call. */
  close(): Promise<void>;
  /** Describes the store in logs. */
  toJSON(): object;
}

/** A store, or a view of it that is limited to a namespace. Every call begins and ends here. */
export class StoreView<Context> implements ThreadStore {
  readonly #operations: NamespaceOperations<Context>;
  readonly #lifecycle: Lifecycle;

  constructor(operations: NamespaceOperations<Context>, lifecycle: Lifecycle) {
    this.#operations = operations;
    setLocation(this, operations.location);
    setCopiedStore(this, operations.copied);
    this.#lifecycle = lifecycle;
  }

  save(id: string, thread: object | string, options: SaveOptions = {}): Promise<StoredThread> {
    return this.#call("save", id, options, (checked) => this.#operations.save(id, thread, checked));
  }

  append(id: string, elements: readonly unknown[], options: AppendOptions = {}): Promise<AppendResult> {
    return this.#call("append", id, options, (checked) => this.#operations.append(id, elements, checked));
  }

  touch(id: string, options: TouchOptions = {}): Promise<TouchResult | undefined> {
    return this.#call("touch", id, options, (checked) => this.#operations.touch(id, checked));
  }

  load(id: string, options: LoadOptions = {}): Promise<StoredThread | undefined> {
    return this.#call("load", id, options, (checked) => this.#operations.load(id, checked));
  }

  delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.#call("delete", id, options, (checked) => this.#operations.delete(id, checked));
  }

  list(options: ListOptions = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    return listThreads(this, options);
  }

  listPage(options: ListOptions = {}): Promise<ThreadPage> {
    return this.#call("list", undefined, options, (checked) => this.#operations.listPage(checked));
  }

  update(
    id: string,
    change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
    options: UpdateOptions = {},
  ): Promise<StoredThread | undefined> {
    return this.#tracked(async () => {
      this.#lifecycle.throwIfClosed();
      return updateThread(new StoreView(this.#operations, this.#lifecycle.inner()), id, change, options);
    });
  }

  deleteExpired(options: DeleteExpiredOptions = {}): Promise<DeleteExpiredResult> {
    return this.#call("deleteExpired", undefined, options, (checked) =>
      this.#operations.deleteExpired(checked),
    );
  }

  namespaces(options: NamespacesOptions = {}): Promise<NamespacePage> {
    return this.#call("namespaces", undefined, options, (checked) => this.#operations.namespaces(checked));
  }

  erase(options: EraseOptions = {}): Promise<EraseResult> {
    return this.#call("erase", undefined, options, (checked) => this.#operations.erase(checked));
  }

  namespace(name: string): ThreadStore {
    const operations = this.#operations.within(name);
    return new StoreView(
      operations,
      this.#lifecycle.view(() => operations.close()),
    );
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Describes the store for logs and `JSON.stringify`, without its client. */
  toJSON(): object {
    return this.#operations.toJSON();
  }

  /** Runs one call. `prepare` validates its arguments, and gets a copy of its options. */
  #call<Method extends Operation, T>(
    operation: Method,
    id: string | undefined,
    options: MethodOptions[Method],
    prepare: (checked: MethodOptions[Method]) => Work<Context, T>,
  ): Promise<T> {
    const diagnostics: CallDiagnostics = {
      operation,
      store: this.#operations.store,
      namespace: this.#operations.namespace,
      id: typeof id === "string" ? id : undefined,
    };
    return this.#tracked(() =>
      traced(diagnostics, () => this.#run(operation, diagnostics, options, prepare)),
    );
  }

  /** Makes `close` wait for a call, which does not create a promise if its driver does not wait. */
  #tracked<T>(call: () => MaybePromise<T>): Promise<T> {
    this.#lifecycle.enter("call");
    let result: MaybePromise<T>;
    try {
      result = call();
    } catch (error) {
      return this.#settled(rejectedWith(error));
    }
    if (isPromise(result) || isYieldDue()) return this.#settled(result);
    this.#lifecycle.leave("call");
    return Promise.resolve(result);
  }

  /** The caller gets a separate promise, so that an unhandled rejection is reported. */
  #settled<T>(result: MaybePromise<T>): Promise<T> {
    return yieldToEventLoopAfter(result, () => this.#lifecycle.leave("call"));
  }

  #run<Method extends Operation, T>(
    operation: Method,
    diagnostics: CallDiagnostics,
    options: MethodOptions[Method],
    prepare: (checked: MethodOptions[Method]) => Work<Context, T>,
  ): MaybePromise<T> {
    let signal: AbortSignal | undefined;
    try {
      this.#lifecycle.throwIfClosed();
      const checked = checkedCallOptions(operation, options);
      ({ signal } = checked);
      signal?.throwIfAborted();
      const work = prepare(checked);
      const result = this.#operations.run(diagnostics, checked, (context) =>
        this.#lifecycle.work(work(context)),
      );
      if (isPromise(result)) return this.#outcomeOf(result, diagnostics, signal);
      diagnostics.outcome = "ok";
      return result;
    } catch (error) {
      throw failedCall(error, diagnostics, signal);
    }
  }

  async #outcomeOf<T>(
    result: Promise<T>,
    diagnostics: CallDiagnostics,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    try {
      const value = await result;
      diagnostics.outcome = "ok";
      return value;
    } catch (error) {
      throw failedCall(error, diagnostics, signal);
    }
  }
}

async function rejectedWith(error: unknown): Promise<never> {
  throw error;
}
