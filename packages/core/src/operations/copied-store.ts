import { hiddenField } from "../encoding/hidden-field.ts";
import type { ThreadStore } from "../thread-store.ts";

/** The store whose threads are copied instead of those of a decorated store, if both sides have the decorator. */
export interface CopiedStore {
  /** The name of the decorator. */
  readonly decorator: string;
  readonly inner: ThreadStore;
}

const copiedStores = hiddenField<CopiedStore>();

/** Remembers what is copied instead of the threads of a store or view. */
export function setCopiedStore(store: object, copied: CopiedStore | undefined): void {
  if (copied !== undefined) copiedStores.attach(store, copied);
}

/** The stores that a copy reads and writes. */
export interface CopiedStores {
  readonly from: ThreadStore;
  readonly to: ThreadStore;
}

/** Returns the stores to copy between: within all outer decorators that the two have in common, if these say so. */
export function storesToCopy(from: ThreadStore, to: ThreadStore): CopiedStores {
  const [source, target] = [copiedStores.read(from), copiedStores.read(to)];
  if (source === undefined || source.decorator !== target?.decorator) return { from, to };
  return storesToCopy(source.inner, target.inner);
}
