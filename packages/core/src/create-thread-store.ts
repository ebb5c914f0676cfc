import { expectedVersionOf } from "./encoding/expected-version.ts";
import { appendElements, appendRequest } from "./operations/append.ts";
import { deleteExpiredRequest, deleteExpiredThreads } from "./operations/delete-expired.ts";
import { deleteThread } from "./operations/delete.ts";
import { eraseRequest, eraseThreads } from "./operations/erase.ts";
import { listPage, listRequest } from "./operations/list-page.ts";
import { loadThread } from "./operations/load.ts";
import { listNamespaces, namespacesListing } from "./operations/namespaces.ts";
import { prepareSave } from "./operations/save.ts";
import { touchRequest, touchThread } from "./operations/touch.ts";
import { withDeadline } from "./runtime/deadline.ts";
import { classifyFailure } from "./runtime/driver-failure.ts";
import { Lifecycle } from "./runtime/lifecycle.ts";
import type { Backend, OperationContext } from "./runtime/operation-context.ts";
import { ThreadQueues } from "./runtime/thread-queues.ts";
import { type NamespaceOperations, StoreView } from "./store-view.ts";
import type { ThreadDriver, ThreadKey } from "./thread-driver.ts";
import type { ThreadStore } from "./thread-store.ts";
import { checkContract } from "./validation/driver-contract.ts";
import { checkedId, namespaceWithin } from "./validation/names.ts";
import { readOptions } from "./validation/option-names.ts";
import { resolveStoreOptions, type StoreOptions } from "./validation/store-options.ts";

/**
 * Creates a store from a driver. The store implements everything that the contract guarantees and the driver does not
 * do, once for all backends. Ignores members of `options` that it does not know, such as the driver's own options.
 * Throws a `TypeError` for invalid options, before any I/O.
 */
export function createThreadStore(driver: ThreadDriver, options: StoreOptions = {}): ThreadStore {
  checkContract(driver);
  const backend = { driver, options: resolveStoreOptions(readOptions(options)), queues: new ThreadQueues() };
  return new StoreView(driverOperations(backend, ""), new Lifecycle(undefined, () => closeDriver(driver)));
}

async function closeDriver(driver: ThreadDriver): Promise<void> {
  try {
    await driver.close();
  } catch (cause) {
    throw classifyFailure(cause).error;
  }
}

function keyIn(namespace: string, id: string): ThreadKey {
  return { namespace, id: checkedId(id) };
}

function driverOperations(backend: Backend, namespace: string): NamespaceOperations<OperationContext> {
  const { driver, options: storeOptions, queues } = backend;
  return {
    store: driver.name,
    namespace,
    location: { backend, driver, namespace, options: storeOptions },
    save(id, thread, options) {
      return prepareSave(keyIn(namespace, id), thread, options, storeOptions);
    },
    append(id, elements, options) {
      const request = appendRequest(keyIn(namespace, id), elements, options, storeOptions);
      return (context) => queues.run(request.key, context.signal, () => appendElements(context, request));
    },
    touch(id, options) {
      const request = touchRequest(keyIn(namespace, id), options, storeOptions);
      return (context) => queues.run(request.key, context.signal, () => touchThread(context, request));
    },
    load(id, options) {
      const key = keyIn(namespace, id);
      const cached = expectedVersionOf(key, options.cached, "load")?.snapshot;
      return (context) => loadThread(context, key, cached);
    },
    delete(id, options) {
      const key = keyIn(namespace, id);
      const expected = expectedVersionOf(key, options.previous, "delete");
      return (context) => deleteThread(context, key, expected);
    },
    listPage(options) {
      const request = listRequest(driver, namespace, options);
      return (context) => listPage(context, request);
    },
    deleteExpired(options) {
      const request = deleteExpiredRequest(driver, namespace, options);
      return (context) => deleteExpiredThreads(context, request);
    },
    namespaces(options) {
      const listing = namespacesListing(driver, namespace, options);
      return (context) => listNamespaces(context, listing);
    },
    erase(options) {
      const request = eraseRequest(driver, namespace, options);
      return (context) => eraseThreads(context, request);
    },
    run: (diagnostics, options, work) => withDeadline(backend, diagnostics, options, work),
    within: (name) => driverOperations(backend, namespaceWithin(namespace, name)),
    close: () => Promise.resolve(),
    toJSON: () => ({ store: driver.name, namespace }),
  };
}
