import type { ThreadStore } from "@threadstore/core";

export interface ThreadName {
  /** None: the store's own namespace. */
  readonly namespace?: string;
  readonly id: string;
}

/** What is done to one thread, told before it is begun: whoever looks after a crash knows what may be there. */
export interface Step {
  /** Counts the steps on a place, across processes, so that no two write the same. */
  readonly number: number;
  readonly thread: ThreadName;
  /** `replace` and `delete` name the version `after`, `create` names none, and `overwrite` takes any. */
  readonly action: "create" | "replace" | "overwrite" | "delete";
  /** About how many bytes it writes. */
  readonly size: number;
  /** The version that was there before. */
  readonly after: string | null;
}

/** What a step writes. It begins and ends with its number, and every other byte is the step's own as well. */
export function contentOf({ number, size, after }: Step): Record<string, string | number | null> {
  const filling = `${number},`;
  return { number, after, filling: filling.repeat(Math.ceil(size / filling.length)), end: number };
}

/** Carries it out. Resolves to the version that is there then; to `null` after a delete. */
export async function take(step: Step, store: ThreadStore): Promise<string | null> {
  const { action, thread, after } = step;
  const view = viewOf(store, thread);
  const previous = after ?? undefined;
  if (action === "delete") {
    const wasThere = await view.delete(thread.id, { previous });
    if (!wasThere)
      throw new Error(`delete(${JSON.stringify(thread.id)}) was false, of a thread that is there.`);
    return null;
  }
  const condition = action === "overwrite" ? { overwrite: true } : { previous };
  return (await view.save(thread.id, contentOf(step), condition)).version;
}

export function viewOf(store: ThreadStore, { namespace }: ThreadName): ThreadStore {
  return namespace === undefined ? store : store.namespace(namespace);
}

/** The thread in words, and a key for it. */
export function nameOf({ namespace, id }: ThreadName): string {
  return namespace === undefined
    ? JSON.stringify(id)
    : `${JSON.stringify(id)} in ${JSON.stringify(namespace)}`;
}

export function describeStep({ number, action, thread }: Step): string {
  return `step ${number} (${action} ${nameOf(thread)})`;
}
