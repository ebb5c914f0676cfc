import { ThreadStoreError } from "../errors.ts";
import { locationOf } from "../operations/store-location.ts";
import type { CallDiagnostics } from "../runtime/diagnostics.ts";
import { Lifecycle } from "../runtime/lifecycle.ts";
import { type NamespaceOperations, StoreView, type Work } from "../store-view.ts";
import type { CallOptions, StoredThread, ThreadStore } from "../thread-store.ts";
import { checkedId, namespaceWithin } from "../validation/names.ts";
import { checkMaxThreadBytes } from "../validation/store-options.ts";
import { reservedName } from "./reserved-name.ts";
import { returnedThreads, toStoredThread } from "./returned-threads.ts";
import { eraseRequest, visibleNamespaces } from "./side-records.ts";
import type {
  DecoratedCall,
  DecoratedNamespace,
  DecoratedOperations,
  DecoratedThread,
  ReturnedThreads,
  ThreadStoreDecorator,
} from "./thread-store-decorator.ts";
import {
  appendArguments,
  deleteArguments,
  loadArguments,
  saveArguments,
  touchArguments,
} from "./validated-arguments.ts";

/** What all namespaces of a decorated store share. */
interface Decoration<State> {
  readonly decorator: ThreadStoreDecorator<State>;
  readonly returned: ReturnedThreads<State>;
}

/** The state of one call. */
interface DecoratedContext {
  readonly call: DecoratedCall;
  bytes: number | undefined;
}

/**
 * Creates a store that applies `decorator` to `store`. The result owns `store` and closes it. Throws a `TypeError`
 * for an invalid decorator.
 */
export function wrapThreadStore<State = undefined>(
  store: ThreadStore,
  decorator: ThreadStoreDecorator<State>,
): ThreadStore {
  if (decorator.maxThreadBytes !== undefined) checkMaxThreadBytes(decorator.maxThreadBytes);
  const { returnedThreads: returned = returnedThreads() } = decorator;
  const operations = decoratedOperations({ decorator, returned }, store, "");
  return new StoreView(operations, new Lifecycle(undefined, () => operations.close()));
}

function decoratedOperations<State>(
  decoration: Decoration<State>,
  inner: ThreadStore,
  namespace: string,
): NamespaceOperations<DecoratedContext> {
  const { decorator, returned } = decoration;
  const operations = decorator.operations(decoratedNamespace(decorator, inner, namespace));
  const keyOf = (id: string): { namespace: string; id: string } => ({ namespace, id: checkedId(id) });
  const complete = (context: DecoratedContext, decorated: DecoratedThread<State>): StoredThread => {
    const stored = toStoredThread(returned, namespace, decorated);
    context.bytes = stored.size;
    return stored;
  };
  return {
    store: decorator.name,
    namespace,
    location: locationOf(inner),
    save(id, thread, options) {
      const save = saveArguments(returned, keyOf(id), thread, options, decorator.maxThreadBytes);
      return async (context) => complete(context, await operations.save(save, context.call));
    },
    load(id, options) {
      const load = loadArguments(returned, keyOf(id), options);
      return async (context) => {
        const decorated = await operations.load(load, context.call);
        return decorated && complete(context, decorated);
      };
    },
    ...decoratedChanges(decoration, operations, namespace),
    delete(id, options) {
      const deletion = deleteArguments(returned, keyOf(id), options);
      return ({ call }) => operations.delete(deletion, call);
    },
    ...operationsOnMany(decorator.reservedName, operations),
    run,
    within: (name) => decoratedOperations(decoration, ...nestedNamespace(decorator, inner, namespace, name)),
    close: () => inner.close(),
    toJSON: () => ({ store: decorator.name, decorates: inner }),
  };
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
    listPage: ({ signal: _signal, timeoutMs: _timeoutMs, ...options }) => {
      return ({ call }) => operations.listPage(options, call);
    },
    deleteExpired: ({ signal: _signal, timeoutMs: _timeoutMs, ...options }) => {
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
  { decorator, returned }: Decoration<State>,
  operations: DecoratedOperations<State>,
  namespace: string,
): Pick<NamespaceOperations<DecoratedContext>, "append" | "touch"> {
  const keyOf = (id: string): { namespace: string; id: string } => ({ namespace, id: checkedId(id) });
  return {
    append(id, elements, options) {
      const append = appendArguments(returned, keyOf(id), elements, options, decorator.maxThreadBytes);
      return async (context) => {
        const result = await operations.append(append, context.call);
        context.bytes = result.size;
        return result;
      };
    },
    touch(id, options) {
      const touch = touchArguments(returned, keyOf(id), options);
      return async (context) => {
        const result = await operations.touch(touch, context.call);
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
  } finally {
    diagnostics.bytes = context.bytes;
  }
}

function decoratedCall({ signal, timeoutMs }: CallOptions): DecoratedCall {
  if (timeoutMs === undefined) return { signal, timeoutMs, options: () => ({ signal }) };
  const deadline = performance.now() + timeoutMs;
  return {
    signal,
    timeoutMs,
    options: () => ({ signal, timeoutMs: Math.max(1, deadline - performance.now()) }),
  };
}

type Reservation = Pick<ThreadStoreDecorator<never>, "reservedName">;

function decoratedNamespace(
  { reservedName: reserved }: Reservation,
  inner: ThreadStore,
  name: string,
): DecoratedNamespace {
  return { name, inner, sideRecords: reserved === undefined ? undefined : namespaceIfValid(inner, reserved) };
}

function namespaceIfValid(store: ThreadStore, name: string): ThreadStore | undefined {
  try {
    return store.namespace(name);
  } catch (error) {
    // The names of the namespace and of those around it are too long in total.
    if (ThreadStoreError.is(error, "INVALID_ARGUMENT")) return undefined;
    throw error;
  }
}

/** Returns the view of the inner store for a nested namespace, and its name as callers see it. */
function nestedNamespace(
  { reservedName: reserved }: Reservation,
  inner: ThreadStore,
  parent: string,
  name: string,
): [view: ThreadStore, namespace: string] {
  const namespace = namespaceWithin(parent, name);
  const innerName = reserved === undefined ? name : reservedName(reserved).escape(name);
  return [inner.namespace(innerName), namespace];
}
