import type { JsonValue, SerializedThread, ThreadStore } from "@threadstore/core";

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
   * `replace`, `append` and `delete` require the version `previous`, `create` requires that the thread does not exist,
   * and `overwrite` has no precondition.
   */
  readonly action: "create" | "replace" | "overwrite" | "append" | "delete";
  /** Approximate number of bytes to write. */
  readonly size: number;
  /** The version before the step. `null` if the thread did not exist. */
  readonly previous: string | null;
  /** For `append`: the content before the step. */
  readonly before?: Content;
}

/** The content of a thread, to whose last member elements can be appended. */
export type Content = SerializedThread & { readonly appended: JsonValue[] };

/** The content that a step writes. It starts and ends with the step's number and repeats it in between. */
export function contentOf({ action, number, size, previous, before }: Step): Content {
  const filling = `${number},`;
  const text = filling.repeat(Math.ceil(size / filling.length));
  if (action === "append" && before !== undefined) {
    return { ...before, appended: [...before.appended, elementOf(number, text)] };
  }
  return { number, previous, filling: text, end: number, appended: [] };
}

function elementOf(number: number, filling: string): JsonValue {
  return { number, filling, end: number };
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
  if (action === "append") {
    const element = contentOf(step).appended.at(-1);
    return (await view.append(thread.id, [element], { previous })).version;
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
