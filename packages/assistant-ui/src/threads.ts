import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { watchDeletions } from "./deletions.ts";
import type { Settings } from "./options.ts";
import { invalidArgument, responseError, ThreadApiError } from "./thread-api-error.ts";
import { send, type ThreadRequest, threadPath, type ThreadResponse } from "./thread-client.ts";
import { ThreadWriter } from "./thread-writer.ts";

/** The state of a thread, as the server reports it. */
export interface ThreadState {
  readonly id: string;
  readonly title: string | undefined;
  readonly isArchived: boolean;
  readonly updatedAt: Date | undefined;
  readonly metadata: JsonObject;
}

/** The threads of the server, with the state of those that this page writes. */
export class Threads {
  readonly settings: Settings;
  readonly #writers = new Map<string, ThreadWriter>();
  readonly #created = new Set<string>();
  #isWatching = false;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** Notes a new thread, which the server stores with its first message. */
  create(id: string): void {
    if (!this.#isWatching) this.#watch();
    this.#created.add(id);
  }

  writer(id: string): ThreadWriter {
    const writer = this.#writers.get(id) ?? new ThreadWriter(this.settings, id, this.#created.has(id));
    this.#writers.set(id, writer);
    return writer;
  }

  /** Lets no append create a thread again that another tab deletes. */
  #watch(): void {
    this.#isWatching = true;
    watchDeletions((id) => {
      if (this.#created.has(id))
        this.writer(id)
          .deleted()
          .catch(() => undefined);
    });
  }

  /** Returns whether the page created the thread, so that it may not exist on the server yet. */
  isNew(id: string): boolean {
    return this.#created.has(id) && !this.#writers.get(id)?.isStored;
  }

  /** Forgets a thread that was deleted. */
  forget(id: string): void {
    this.#writers.delete(id);
    this.#created.delete(id);
  }

  /** Resolves after the appends to a thread that have been called. */
  async settled(id: string): Promise<void> {
    await this.#writers.get(id)?.settled();
  }

  send(request: ThreadRequest): Promise<ThreadResponse> {
    return send(this.settings, request);
  }

  /** Changes a thread after the messages before it are stored; `{}` only reads its state. */
  async patch(
    id: string,
    patch: { readonly title?: string; readonly archived?: boolean },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly state: ThreadState; readonly etag: string | undefined }> {
    checkId(id);
    await this.settled(id);
    const { body, etag } = await this.send({ method: "PATCH", path: threadPath(id), body: patch, headers });
    return { state: readState(body, "$"), etag };
  }

  /** Calls an operation, and reports its error to the page. */
  async report<Result>(operation: () => Promise<Result>): Promise<Result> {
    try {
      return await operation();
    } catch (error) {
      if (ThreadApiError.is(error)) this.settings.onError(error);
      throw error;
    }
  }
}

/** Throws `INVALID_ARGUMENT` for an id that no URL can contain. */
export function checkId(id: string): void {
  const isValid = typeof id === "string" && !["", ".", ".."].includes(id) && id.isWellFormed();
  if (!isValid) throw invalidArgument("threadId", "a string that a URL can contain");
}

/** Reads the state of a thread. Throws `INVALID_RESPONSE`. */
export function readState(value: unknown, path: string): ThreadState {
  if (!isJsonObject(value)) throw responseError(path);
  const { id, title, archived, updatedAt, metadata = {} } = value;
  if (typeof id !== "string") throw responseError(`${path}.id`);
  if (title !== undefined && typeof title !== "string") throw responseError(`${path}.title`);
  if (!isJsonObject(metadata)) throw responseError(`${path}.metadata`);
  const date = typeof updatedAt === "string" ? new Date(updatedAt) : undefined;
  return { id, title, isArchived: archived === true, updatedAt: date, metadata };
}
