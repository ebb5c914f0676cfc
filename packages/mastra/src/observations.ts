import { Buffer } from "node:buffer";
import { InMemoryDB, InMemoryMemory, type ObservationalMemoryRecord } from "@mastra/core/storage";
import type { StoredThread } from "@threadstore/core";
import { createId } from "@threadstore/core/documents";
import { checkedName, MastraMemoryError } from "./mastra-memory-error.ts";
import { observationDocument, type Observed, readObservations } from "./observation-document.ts";
import type { ThreadRecord, ThreadRecords } from "./thread-records.ts";

/** A call of Mastra's own memory, which has the records of one thread or resource. */
type Call<Result> = (memory: InMemoryMemory) => Promise<Result>;

/**
 * The observational memory of threads and resources. Mastra's own memory applies each call to the stored records of one
 * thread or resource, and the result is stored by compare-and-set. So the rules are Mastra's, and two processes that
 * change one record both take effect.
 */
export class Observations {
  readonly #records: ThreadRecords;

  constructor(records: ThreadRecords) {
    this.#records = records;
  }

  /** Calls a method that reads. */
  async read<Result>(threadId: string | null, resourceId: string, call: Call<Result>): Promise<Result> {
    const observed = checkedObserved({ threadId, resourceId });
    const { stored } = await this.#find(observed);
    return call(memoryWith(observed, stored).memory);
  }

  /** Calls a method that changes or adds records. It can be called several times. */
  async change<Result>(input: Observed, call: Call<Result>): Promise<Result> {
    const observed = checkedObserved(input);
    const { place } = await this.#find(observed);
    const results: Result[] = [];
    await place.threads.update(place.id, async (stored) => {
      const { memory, records } = memoryWith(observed, stored);
      const result = await call(memory);
      const changed = records();
      for (const record of changed) {
        if (observedBy(record.id) === undefined) record.id = recordId(record.id, observed);
      }
      results.splice(0, 1, result);
      return observationDocument(observed, changed);
    });
    const [result] = results;
    return result as Result;
  }

  /** Calls a method that changes the record with this id. Rejects with `THREAD_NOT_FOUND` if it does not exist. */
  async changeRecord<Result>(id: string, call: Call<Result>): Promise<Result> {
    const observed = observedBy(checkedName(id, "id"));
    if (observed === undefined) throw recordNotFound();
    return this.change(observed, async (memory) => {
      const history = await memory.getObservationalMemoryHistory(observed.threadId, observed.resourceId);
      if (!history.some((record) => record.id === id)) throw recordNotFound();
      return call(memory);
    });
  }

  /** Inserts a record of another thread or resource. Its id names that, so it gets another one. */
  async insert(record: ObservationalMemoryRecord): Promise<void> {
    const inserted = { ...record, id: createId() };
    await this.change(record, (memory) => memory.insertObservationalMemoryRecord({ ...inserted }));
  }

  async clear(threadId: string | null, resourceId: string): Promise<void> {
    const { place } = await this.#find(checkedObserved({ threadId, resourceId }));
    await place.threads.delete(place.id);
  }

  /** Finds the records of a resource, or of a thread, which are where the thread is. */
  async #find({ threadId, resourceId }: Observed): Promise<{ place: ThreadRecord; stored?: StoredThread }> {
    if (threadId === null) return this.#load(resourceId, null);
    let found = await this.#load((await this.#records.locate(threadId))?.in ?? resourceId, threadId);
    if (found.stored !== undefined) return found;
    // Another process may have moved the thread, or a move was interrupted.
    const location = await this.#records.locations.load(threadId);
    for (const place of [location?.movedFrom, location?.in ?? resourceId]) {
      if (place === undefined) continue;
      found = await this.#load(place, threadId);
      if (found.stored !== undefined) return found;
    }
    return found;
  }

  async #load(
    resourceId: string,
    threadId: string | null,
  ): Promise<{ place: ThreadRecord; stored?: StoredThread }> {
    const place = this.#records.observations(resourceId, threadId);
    const stored = await place.threads.load(place.id);
    return { place, ...(stored && { stored }) };
  }
}

/** Returns what is observed. Mastra takes an empty id of a thread for none. Throws `INVALID_ARGUMENT`. */
function checkedObserved({ threadId, resourceId }: Observed): Observed {
  const thread = threadId === null || threadId === "" ? null : checkedName(threadId, "threadId");
  return { threadId: thread, resourceId: checkedName(resourceId, "resourceId") };
}

/** Returns Mastra's memory with the stored records, and a function that returns them after a call. */
function memoryWith(
  { threadId, resourceId }: Observed,
  stored: StoredThread | undefined,
): { readonly memory: InMemoryMemory; readonly records: () => ObservationalMemoryRecord[] } {
  const db = new InMemoryDB();
  const key = threadId === null ? `resource:${resourceId}` : `thread:${threadId}`;
  db.observationalMemory.set(key, stored === undefined ? [] : readObservations(stored));
  return { memory: new InMemoryMemory({ db }), records: () => db.observationalMemory.get(key) ?? [] };
}

/** Returns an id that names what is observed, because Mastra changes records by their id alone. */
function recordId(id: string, { threadId, resourceId }: Observed): string {
  const names = Buffer.from(JSON.stringify([threadId, resourceId])).toString("base64url");
  return `${id}.${names}`;
}

/** Returns what the record with this id observes; `undefined` for an id of another store. */
function observedBy(id: string): Observed | undefined {
  try {
    const names = Buffer.from(id.slice(id.lastIndexOf(".") + 1), "base64url").toString();
    const [threadId, resourceId] = JSON.parse(names) as unknown[];
    const isValid = (threadId === null || typeof threadId === "string") && typeof resourceId === "string";
    return isValid ? { threadId, resourceId } : undefined;
  } catch {
    return undefined;
  }
}

function recordNotFound(): MastraMemoryError {
  const message =
    "There are no observations with this `id`. They may have been deleted with their thread. Initialize them again.";
  return new MastraMemoryError("THREAD_NOT_FOUND", message, { path: "id" });
}
