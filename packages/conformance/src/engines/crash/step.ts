import type { ThreadStore } from "@threadstore/core";

export interface ThreadName {
  /** The store's own namespace if absent. */
  readonly namespace?: string;
  readonly id: string;
}

/** A change to one thread. It is reported before it starts, so that every state a crash may leave is known. */
export interface Step {
  /** Unique among all steps at a location, across processes, so that no two steps write the same content. */
  readonly number: number;
  readonly thread: ThreadName;
  /**
   * `replace` and `delete` require the version `previous`, `create` requires that the thread does not exist, and
   * `overwrite` has no precondition.
   */
  readonly action: "create" | "replace" | "overwrite" | "delete";
  /** Approximate number of bytes to write. */
  readonly size: number;
  /** The version before the step. `null` if the thread did not exist. */
  readonly previous: string | null;
}

/** The content that a step writes. It starts and ends with the step's number and repeats it in between. */
export function contentOf({ number, size, previous }: Step): Record<string, string | number | null> {
  const filling = `${number},`;
  return { number, previous, filling: filling.repeat(Math.ceil(size / filling.length)), end: number };
}

/** Performs a step. Resolves with the resulting version, or with `null` after a delete. */
export async function performStep(step: Step, store: ThreadStore): Promise<string | null> {
  const { action, thread } = step;
  const view = viewOf(store, thread);
  const previous = step.previous ?? undefined;
  if (action === "delete") {
    const existed = await view.delete(thread.id, { previous });
    if (!existed)
      throw new Error(`delete(${JSON.stringify(thread.id)}) returned false although the thread exists.`);
    return null;
  }
  const condition = action === "overwrite" ? { overwrite: true } : { previous };
  return (await view.save(thread.id, contentOf(step), condition)).version;
}

export function viewOf(store: ThreadStore, { namespace }: ThreadName): ThreadStore {
  return namespace === undefined ? store : store.namespace(namespace);
}

/** Describes a thread. The result is unique, so it also serves as a key. */
export function nameOf({ namespace, id }: ThreadName): string {
  return namespace === undefined
    ? JSON.stringify(id)
    : `${JSON.stringify(id)} in ${JSON.stringify(namespace)}`;
}

export function describeStep({ number, action, thread }: Step): string {
  return `step ${number} (${action} ${nameOf(thread)})`;
}
