import type { AppendKeyOption } from "../encoding/append-keys.ts";
import type { ErasedSizeOption } from "../encoding/erased-size.ts";
import type { HiddenField } from "../encoding/hidden-field.ts";
import type { PreservingOptions } from "../encoding/preserved-details.ts";
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
  StoredThread,
  ThreadMetadata,
  ThreadPage,
  ThreadStore,
  TouchOptions,
  TouchResult,
  Version,
} from "../thread-store.ts";
import type { DecoratedMetadataOption } from "../validation/decorated-metadata.ts";

/**
 * Adds behavior to any store: encryption, compression, caching, auditing, side records. `wrapThreadStore` turns a
 * decorator and a store into a store. It implements views, lifecycle, error context, argument validation, paging,
 * `update` and returned objects, so that a decorator only implements its operations.
 */
export interface ThreadStoreDecorator<State> {
  /** The name of the decorated store in errors and telemetry, such as `attachments`. */
  readonly name: string;
  /**
   * The maximum size of a thread as callers pass it, in bytes of its JSON.
   * @default undefined (only the limit of the inner store applies, to the threads that the decorator saves)
   */
  readonly maxThreadBytes?: number | undefined;
  /**
   * How long an append or a touch may take, including its wait for earlier ones of the same thread, in milliseconds, if
   * the call does not say so.
   * @default that of the inner store; 30_000 if another implementation of stores created it
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The name of a namespace in which the decorator keeps side records of each namespace. Callers may use the same
   * name for their own namespaces, which are then escaped.
   * @default undefined (no side records)
   */
  readonly reservedName?: string | undefined;
  /**
   * Whether `copyThreads` between two stores of this decorator copies the threads of their inner stores, for example
   * because these contain more than the decorator returns. Must not be combined with {@link reservedName}.
   * @default false
   */
  readonly copiesInnerThreads?: boolean | undefined;
  /**
   * The registry of the threads that the store returns. If all stores of a decorator share one, created at module
   * level, a thread that one of them returned is also recognized by the others in this process.
   * @default a new registry
   */
  readonly returnedThreads?: ReturnedThreads<State> | undefined;
  /** Returns the operations of a namespace. Called for the store itself and for every view of it. */
  operations(namespace: DecoratedNamespace): DecoratedOperations<State>;
}

/** A namespace of the store that is being decorated. */
export interface DecoratedNamespace {
  /** The namespace as callers see it; empty for the store itself. */
  readonly name: string;
  /** The corresponding view of the inner store. Must not be closed. */
  readonly inner: ThreadStore;
  /** The nested namespace for side records; `undefined` without a `reservedName`, or if the names become too long. */
  readonly sideRecords: ThreadStore | undefined;
}

/**
 * The operations of one namespace. Their arguments are valid and belong to the decorator. Errors that they throw
 * become those of the call. `forwardOperations` and `forwardChanges` provide operations that change nothing.
 */
export interface DecoratedOperations<State> {
  save(save: SaveArguments<State>, call: DecoratedCall): Promise<DecoratedThread<State>>;
  load(load: LoadArguments<State>, call: DecoratedCall): Promise<DecoratedThread<State> | undefined>;
  /**
   * A decorator that transforms threads must not forward the elements as they are: see `changeBySaving`. The appends and
   * touches of a thread run one after the other, in the order of the calls.
   */
  append(append: AppendArguments<State>, call: DecoratedCall): Promise<AppendResult>;
  touch(touch: TouchArguments<State>, call: DecoratedCall): Promise<TouchResult | undefined>;
  delete(deletion: DeleteArguments<State>, call: DecoratedCall): Promise<boolean>;
  /** The options are valid and complete. The inner store validates their cursor. */
  listPage(options: Omit<ListOptions, keyof CallOptions>, call: DecoratedCall): Promise<ThreadPage>;
  /** The inner store validates the cursor. A decorator that deletes its own records must not do so with `dryRun`. */
  deleteExpired(
    options: Omit<DeleteExpiredOptions, keyof CallOptions>,
    call: DecoratedCall,
  ): Promise<DeleteExpiredResult>;
  /** The names are those of the inner store. `wrapThreadStore` hides the reserved one and restores escaped ones. */
  namespaces(
    options: Omit<NamespacesOptions, keyof CallOptions>,
    call: DecoratedCall,
  ): Promise<NamespacePage>;
  /** Must erase side records, too. `wrapThreadStore` does not count those that the inner store reports. */
  erase(
    options: Omit<EraseOptions, keyof CallOptions> & ErasedSizeOption,
    call: DecoratedCall,
  ): Promise<EraseResult>;
}

/** One call, which may make several calls to the inner store. */
export interface DecoratedCall {
  /**
   * The caller's signal. A decorator that does other I/O than calls to the inner store must pass the signal to it,
   * and reject when it aborts.
   */
  readonly signal: AbortSignal | undefined;
  /**
   * The caller's timeout. Without one, the timeout of the inner store applies to an append or touch, and, for other
   * operations, to each call to it.
   */
  readonly timeoutMs: number | undefined;
  /** Returns options for the next call to the inner store: the caller's signal and the time that is left. */
  options(): CallOptions;
}

/** One version of a thread, as a decorator returns it. Omitted members are those of `stored`. */
export interface DecoratedThread<State> {
  /** The version in the inner store. */
  readonly stored: StoredThread;
  /** The id as callers see it. */
  readonly id?: string | undefined;
  readonly metadata?: ThreadMetadata | undefined;
  readonly content?: DecoratedContent | undefined;
  /** Kept with the returned object. Available when the caller passes that object as `previous` or `cached`. */
  readonly state?: State | undefined;
}

/** The content of a thread as callers see it. */
export interface DecoratedContent {
  /** The length of the JSON in bytes of UTF-8. */
  readonly size: number;
  /** Returns the JSON. Called once, when it is first needed. */
  json(): string;
}

/** A version that a caller passed as `previous` or `cached`. */
export interface VersionArgument<State> {
  readonly version: Version;
  /**
   * The thread that the decorator returned as this object in this process; `undefined` for any other object or a
   * version.
   */
  readonly decorated: DecoratedThread<State> | undefined;
}

/** A thread that a decorated store returned, in a namespace as callers see it. */
export interface ReturnedThread<State> {
  readonly namespace: string;
  readonly decorated: DecoratedThread<State>;
}

/** Recognizes the objects that decorated stores returned. Created with the function `returnedThreads`. */
export type ReturnedThreads<State> = HiddenField<ReturnedThread<State>>;

export interface SaveArguments<State> {
  readonly id: string;
  readonly thread: ThreadArgument;
  readonly previous: VersionArgument<State> | undefined;
  /**
   * The options for saving in the inner store, with `previous` as that store returned it. A decorator passes on those
   * that it does not know.
   */
  readonly options: Omit<PreservingOptions, keyof CallOptions> & AppendKeyOption & DecoratedMetadataOption;
}

/** A thread passed to `save`, as it was at the time of the call. */
export interface ThreadArgument {
  /** The thread to pass on to the inner store, which validates it. */
  readonly value: object | string;
  /**
   * Validates the thread and returns its JSON, with its size in bytes of UTF-8. Throws `INVALID_ARGUMENT`, or
   * `TOO_LARGE` if it exceeds the `maxThreadBytes` of the decorator.
   */
  read(): { readonly json: string; readonly size: number };
  /** Returns the passed thread as text, without validating it: for a decorator that only validates changes. */
  text(): string;
  /** Returns the same text in the parts in which it was passed. */
  parts(): readonly string[];
}

export interface LoadArguments<State> {
  readonly id: string;
  readonly cached: VersionArgument<State> | undefined;
  /** The options for loading from the inner store, with `cached` as that store returned it. */
  readonly options: Omit<LoadOptions, keyof CallOptions>;
}

export interface AppendArguments<State> {
  readonly id: string;
  readonly elements: readonly unknown[];
  /** The JSON of the elements, separated by commas. */
  readonly elementsText: string;
  /** The thread to create if none exists, without the elements. */
  readonly create: ThreadArgument | undefined;
  readonly previous: VersionArgument<State> | undefined;
  /** The options for appending in the inner store, with `previous` as that store returned it. */
  readonly options: Omit<AppendOptions, keyof CallOptions> & DecoratedMetadataOption;
  /**
   * Returns the thread with this JSON after the append. Throws `INVALID_ARGUMENT` if its last member is not an array.
   */
  readonly appendTo: (json: string) => ThreadArgument;
}

export interface TouchArguments<State> {
  readonly id: string;
  readonly previous: VersionArgument<State> | undefined;
  /** The options for the touch in the inner store, with `previous` as that store returned it. */
  readonly options: Omit<TouchOptions, keyof CallOptions> & DecoratedMetadataOption;
}

export interface DeleteArguments<State> {
  readonly id: string;
  readonly previous: VersionArgument<State> | undefined;
  /** The options for deleting in the inner store, with `previous` as that store returned it. */
  readonly options: Omit<DeleteOptions, keyof CallOptions>;
}
