import {
  type CallOptions,
  type DeleteOptions,
  type ListOptions,
  type LoadOptions,
  type SaveOptions,
  type StoredThread,
  type DeleteExpiredOptions,
  type DeleteExpiredResult,
  type ThreadPage,
  type ThreadStore,
  type ThreadSummary,
  type ThreadText,
  type UpdateChange,
  type UpdateOptions,
  updateThread,
} from "@threadstore/core";
import { Calls } from "./call/calls.ts";
import { type CallContext, inContext } from "./call/in-context.ts";
import { stepsOf } from "./call/steps.ts";
import { Check } from "./check.ts";
import { escaped, pathText } from "./format/names.ts";
import { deleteExpiredIn } from "./operations/delete-expired.ts";
import { listThreads } from "./operations/list.ts";
import { loadThread } from "./operations/load.ts";
import { deleteThread } from "./operations/remove.ts";
import { saveRequest, saveThread } from "./operations/save.ts";
import { type AttachmentsOptions, resolveOptions } from "./options.ts";
import { type Place, placeOf, type ThreadCall } from "./place.ts";

/**
 * A store that keeps the long binary strings of its threads (images, sound, files in base64) in records of their own
 * in `store`, once each a thread, and puts them back when a thread is loaded, to the byte. What `store` holds already
 * stays readable. The result owns `store`: closing it closes that. Throws a `TypeError` for wrong options.
 */
export function withAttachments(store: ThreadStore, options: AttachmentsOptions = {}): ThreadStore {
  const resolved = resolveOptions(options);
  return new View(placeOf(store, [], resolved), new Check(resolved.maxThreadBytes), new Calls());
}

/** A namespace. The only place where calls begin and end. */
class View implements ThreadStore {
  readonly #place: Place;
  readonly #check: Check;
  readonly #calls: Calls;

  constructor(place: Place, check: Check, calls: Calls) {
    this.#place = place;
    this.#check = check;
    this.#calls = calls;
  }

  save(id: string, thread: object | ThreadText, options: SaveOptions = {}): Promise<StoredThread> {
    return this.#run(this.#context("save", id), options, () => this.#save(id, thread, options));
  }

  load(id: string, options: LoadOptions = {}): Promise<StoredThread | undefined> {
    return this.#run(this.#context("load", id), options, () => this.#load(id, options));
  }

  delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    const work = (): Promise<boolean> => deleteThread(this.#on(id, options), options.previous);
    return this.#run(this.#context("delete", id), options, work);
  }

  async *list(options: ListOptions = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    let page = await this.listPage(options);
    yield* page.threads;
    while (page.cursor !== undefined) {
      page = await this.listPage({ ...options, cursor: page.cursor });
      yield* page.threads;
    }
  }

  listPage(options: ListOptions = {}): Promise<ThreadPage> {
    return this.#run(this.#context("list"), options, () => listThreads(this.#place, options));
  }

  update(
    id: string,
    change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
    options: UpdateOptions = {},
  ): Promise<StoredThread | undefined> {
    // Not the public calls: an update that is running when the store is closed comes to its end.
    const steps: Pick<ThreadStore, "load" | "save"> = {
      load: (_id, given) => inContext(this.#context("load", id), () => this.#load(id, given)),
      save: (_id, thread, given) => inContext(this.#context("save", id), () => this.#save(id, thread, given)),
    };
    return this.#calls.run(options, () => updateThread(steps, id, change, options));
  }

  deleteExpired(options: DeleteExpiredOptions = {}): Promise<DeleteExpiredResult> {
    return this.#run(this.#context("deleteExpired"), options, () => deleteExpiredIn(this.#place, options));
  }

  namespace(name: string): ThreadStore {
    const { threads, path, options } = this.#place;
    const view = threads.namespace(typeof name === "string" ? escaped(name) : name);
    return new View(placeOf(view, [...path, name], options), this.#check, this.#calls.within());
  }

  close(): Promise<void> {
    return this.#calls.close(() => this.#place.threads.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For logs and `JSON.stringify`. */
  toJSON(): object {
    return { withAttachments: this.#place.threads };
  }

  #run<T>(context: CallContext, options: CallOptions, work: () => Promise<T>): Promise<T> {
    return inContext(context, () => this.#calls.run(options, work));
  }

  #context(operation: CallContext["operation"], id?: string): CallContext {
    return { operation, store: "attachments", namespace: pathText(this.#place.path), id };
  }

  #on(id: string, options: CallOptions): ThreadCall {
    return { place: this.#place, id, next: stepsOf(options) };
  }

  #load(id: string, options: LoadOptions = {}): Promise<StoredThread | undefined> {
    return loadThread(this.#on(id, options), options.cached);
  }

  async #save(id: string, thread: object | ThreadText, options: SaveOptions = {}): Promise<StoredThread> {
    const call = this.#on(id, options);
    return saveThread(call, await saveRequest(call, this.#check, thread, options));
  }
}
