import { ThreadStoreError } from "../errors.ts";
import type { ThreadStore } from "../thread-store.ts";
import { namespaceWithin } from "../validation/names.ts";
import { reservedName } from "./reserved-name.ts";
import type { DecoratedNamespace, ThreadStoreDecorator } from "./thread-store-decorator.ts";

type Reservation = Pick<ThreadStoreDecorator<never>, "reservedName">;

/** Returns a namespace as its decorator gets it. */
export function decoratedNamespace(
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
export function nestedNamespace(
  { reservedName: reserved }: Reservation,
  inner: ThreadStore,
  parent: string,
  name: string,
): [view: ThreadStore, namespace: string] {
  const namespace = namespaceWithin(parent, name);
  const innerName = reserved === undefined ? name : reservedName(reserved).escape(name);
  return [inner.namespace(innerName), namespace];
}
