import { ThreadStoreError } from "../errors.ts";
import { LISTING, type ListingOption } from "../listing/listing-option.ts";
import { locationOf, type StoreLocation } from "../operations/store-location.ts";
import type { CallDiagnostics } from "../runtime/diagnostics.ts";
import { Lifecycle } from "../runtime/lifecycle.ts";
import { ThreadQueues } from "../runtime/thread-queues.ts";
import { type NamespaceOperations, StoreView, type Work } from "../store-view.ts";
import type { CallOptions, ListOptions, StoredThread, ThreadStore } from "../thread-store.ts";
import { checkBooleans } from "../validation/job-options.ts";
import { checkedListOptions } from "../validation/list-options.ts";
import { checkedId } from "../validation/names.ts";
import { checkMaxThreadBytes } from "../validation/store-options.ts";
import { decoratedCall, type RunInOrder, runInOrder } from "./decorated-call.ts";
import { decoratedNamespace, nestedNamespace } from "./decorated-namespace.ts";
import { errorOfCall } from "./error-of-call.ts";
import { returnedThreads, toStoredThread } from "./returned-threads.ts";
import { eraseRequest, visibleNamespaces } from "./side-records.ts";
import type {
  DecoratedCall,
  DecoratedOperations,
  DecoratedThread,
  ThreadStoreDecorator,
} from "./thread-store-decorator.ts";
import {
  type ArgumentContext,
  appendArguments,
  deleteArguments,
  loadArguments,
  saveArguments,
  touchArguments,
} from "./validated-arguments.ts";

/** What all namespaces of a decorated store share. */
interface Decoration<State> {
  readonly decorator: ThreadStoreDecorator<State>;
  readonly validation: ArgumentContext<State>;
  /** Runs the appends and touches of each thread in the order of the calls, whatever the decorator does for them. */
  readonly inOrder: RunInOrder;
}

/** The state of one call. */
interface DecoratedContext {
  readonly call: DecoratedCall;
  bytes: number | undefined;
}

/**
 * Creates a store that applies `decorator` to `store`. The result owns `store` and closes it. Throws a `TypeError`
 * for an invalid store or decorator.
 */
export function wrapThreadStore<State = undefined>(
  store: ThreadStore,
  decorator: ThreadStoreDecorator<State>,
): ThreadStore {
  checkArguments(store, decorator);
  if (decorator.maxThreadBytes !== undefined) checkMaxThreadBytes(decorator.maxThreadBytes);
  const { returnedThreads: returned = returnedThreads() } = decorator;
  const { timeoutMs, now } = locationOf(store)?.options ?? {};
  const inOrder = runInOrder(new ThreadQueues(), decorator.timeoutMs ?? timeoutMs);
  const validation = { returned, maxThreadBytes: decorator.maxThreadBytes, now };
  const operations = decoratedOperations({ decorator, validation, inOrder }, store, "");
  return new StoreView(operations, new Lifecycle(undefined, () => operations.close()));
}

function checkArguments(store: unknown, decorator: unknown): void {
  if (typeof store !== "object" || store === null || !("listPage" in store)) {
    throw new TypeError("`store` must be a ThreadStore.");
  }
  const isDecorator = typeof decorator === "object" && decorator !== null && "operations" in decorator;
  if (isDecorator && typeof decorator.operations === "function") return;
  throw new TypeError("`decorator` must have a method `operations`.");
}

function decoratedOperations<State>(
  decoration: Decoration<State>,
  inner: ThreadStore,
  namespace: string,
): NamespaceOperations<DecoratedContext> {
  const { decorator, validation } = decoration;
  const operations = decorator.operations(decoratedNamespace(decorator, inner, namespace));
  const keyOf = (id: string): { namespace: string; id: string } => ({ namespace, id: checkedId(id) });
  const complete = (context: DecoratedContext, decorated: DecoratedThread<State>): StoredThread => {
    const stored = toStoredThread(validation.returned, namespace, decorated);
    context.bytes = stored.size;
    return stored;
  };
  return {
    store: decorator.name,
    namespace,
    location: locationOf(inner) ?? ownLocation(decoration, namespace),
    copied: decorator.copiesInnerThreads === true ? { decorator: decorator.name, inner } : undefined,
    save(id, thread, options) {
      const save = saveArguments(validation, keyOf(id), thread, options);
      return async (context) => complete(context, await operations.save(save, context.call));
    },
    load(id, options) {
      const load = loadArguments(validation, keyOf(id), options);
      return async (context) => {
        const decorated = await operations.load(load, context.call);
        return decorated && complete(context, decorated);
      };
    },
    ...decoratedChanges(decoration, operations, namespace),
    delete(id, options) {
      const deletion = deleteArguments(validation, keyOf(id), options);
      return ({ call }) => operations.delete(deletion, call);
    },
    ...operationsOnMany(decorator.reservedName, operations),
    run,
    within: (name) => decoratedOperations(decoration, ...nestedNamespace(decorator, inner, namespace, name)),
    close: () => inner.close(),
    toJSON: () => ({ store: decorator.name, decorates: inner }),
  };
}

/**
 * Returns the location of a decorated store over one of another implementation, such as a router over several stores,
 * which does not say where it is. Layers over it and copies then know at least in which of its namespaces they are.
 */
function ownLocation<State>(decoration: Decoration<State>, namespace: string): StoreLocation {
  const { name, timeoutMs } = decoration.decorator;
  return { backend: decoration, driver: { name }, namespace, options: { timeoutMs } };
}

type OperationsOnMany = Pick<
  NamespaceOperations<DecoratedContext>,
  "listPage" | "deleteExpired" | "namespaces" | "erase"
>;

/** Returns the operations that are not on a single thread. */
function operationsOnMany<State>(
  reserved: string | undefined,
  operations: DecoratedOperations<State>,
): OperationsOnMany {
  return {
    listPage({ cursor, ...options }: ListOptions & ListingOption) {
      const checked = { ...checkedListOptions(options), cursor, [LISTING]: options[LISTING] };
      return ({ call }) => operations.listPage(checked, call);
    },
    deleteExpired: ({ signal: _signal, timeoutMs: _timeoutMs, ...options }) => {
      checkBooleans({ dryRun: options.dryRun });
      return ({ call }) => operations.deleteExpired(options, call);
    },
    namespaces: ({ signal: _signal, timeoutMs: _timeoutMs, ...options }) => {
      return async ({ call }) => visibleNamespaces(reserved, await operations.namespaces(options, call));
    },
    erase({ signal: _signal, timeoutMs: _timeoutMs, ...options }) {
      const erase = eraseRequest(reserved, options);
      return ({ call }) => erase((innerOptions) => operations.erase(innerOptions, call));
    },
  };
}

function decoratedChanges<State>(
  { validation, inOrder }: Decoration<State>,
  operations: DecoratedOperations<State>,
  namespace: string,
): Pick<NamespaceOperations<DecoratedContext>, "append" | "touch"> {
  const keyOf = (id: string): { namespace: string; id: string } => ({ namespace, id: checkedId(id) });
  return {
    append(id, elements, options) {
      const key = keyOf(id);
      const append = appendArguments(validation, key, elements, options);
      return async (context) => {
        const result = await inOrder(key, options, (call) => operations.append(append, call));
        context.bytes = result.size;
        return result;
      };
    },
    touch(id, options) {
      const key = keyOf(id);
      const touch = touchArguments(validation, key, options);
      return async (context) => {
        const result = await inOrder(key, options, (call) => operations.touch(touch, call));
        context.bytes = result?.size;
        return result;
      };
    },
  };
}

async function run<T>(
  diagnostics: CallDiagnostics,
  options: CallOptions,
  work: Work<DecoratedContext, T>,
): Promise<T> {
  const context: DecoratedContext = { call: decoratedCall(options), bytes: undefined };
  try {
    return await work(context);
  } catch (error) {
    throw ThreadStoreError.is(error) ? errorOfCall(error, diagnostics) : error;
  } finally {
    diagnostics.bytes = context.bytes;
  }
}
