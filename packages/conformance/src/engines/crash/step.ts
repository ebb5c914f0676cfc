import type {
  JsonValue,
  Previous,
  SerializedThread,
  StoredThread,
  ThreadDetails,
  ThreadStore,
} from "@threadstore/core";

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
   * `replace`, `edit`, `append` and `delete` require the version `previous`, `create` requires that the thread does not
   * exist, and `overwrite` has no precondition. `edit` saves a thread that begins like the one before, and `append`
   * calls `append`.
   */
  readonly action: "create" | "replace" | "edit" | "overwrite" | "append" | "delete";
  /** For `edit`: how many of the appended elements remain. @default "all" */
  readonly keeps?: "all" | "half";
  /** Approximate number of bytes to write. */
  readonly size: number;
  /** The version before the step. `null` if the thread did not exist. */
  readonly previous: string | null;
  /** For `edit` and `append`: the content before the step. */
  readonly before?: Outline;
}

/** A text in the content, and the step that wrote it. */
interface Piece {
  readonly number: number;
  readonly size: number;
}

/** All that is needed to write the content again. Reports contain it, since the content may be long. */
export interface Outline extends Piece {
  readonly previous: string | null;
  readonly appended: readonly Piece[];
}

/** The content of a thread, to whose last member elements can be appended. */
export type Content = SerializedThread & { readonly appended: JsonValue[] };

/** The content that a step writes. Each piece starts and ends with its step's number and repeats it in between. */
export function contentOf(step: Step): Content {
  const { previous, appended, ...piece } = outlineAfter(step);
  const { number, filling, end } = fill(piece);
  return { number, previous, filling, end, appended: appended.map((each) => fill(each)) };
}

export function outlineAfter({ action, number, size, previous, before, keeps }: Step): Outline {
  if (before === undefined || (action !== "append" && action !== "edit")) {
    return { number, size, previous, appended: [] };
  }
  const kept = keeps === "half" ? before.appended.slice(0, before.appended.length >> 1) : before.appended;
  return { ...before, appended: [...kept, { number, size }] };
}

/** Returns the outline of content that steps wrote; `undefined` for any other thread. */
export function outlineOf(thread: SerializedThread): Outline | undefined {
  const { number, previous, filling, appended } = thread as Partial<Content & ReturnType<typeof fill>>;
  if (typeof number !== "number" || typeof filling !== "string" || !Array.isArray(appended)) return undefined;
  const pieces = appended.map((each) => each as ReturnType<typeof fill>);
  return {
    number,
    size: filling.length,
    previous: typeof previous === "string" ? previous : null,
    appended: pieces.map((piece) => ({ number: piece.number, size: piece.filling.length })),
  };
}

function fill({ number, size }: Piece): { number: number; filling: string; end: number } {
  const filling = `${number},`;
  return { number, filling: filling.repeat(Math.ceil(size / filling.length)), end: number };
}

/** Performs a step. Resolves with the resulting version, or with `null` after a delete. */
export async function performStep(step: Step, store: ThreadStore): Promise<string | null> {
  return (await changeThread(step, store))?.version ?? null;
}

/** Performs a step. `previous` may be the thread at the version before, with which a save compares the new one. */
export async function changeThread(
  step: Step,
  store: ThreadStore,
  previous: Previous | undefined = step.previous ?? undefined,
): Promise<StoredThread | ThreadDetails | null> {
  const { action, thread } = step;
  const view = viewOf(store, thread);
  if (action === "delete") {
    const existed = await view.delete(thread.id, { previous });
    if (!existed)
      throw new Error(`delete(${JSON.stringify(thread.id)}) returned false although the thread exists.`);
    return null;
  }
  if (action === "append") {
    const element = contentOf(step).appended.at(-1);
    return view.append(thread.id, [element], { previous });
  }
  const condition = action === "overwrite" ? { overwrite: true } : { previous };
  return view.save(thread.id, contentOf(step), condition);
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
