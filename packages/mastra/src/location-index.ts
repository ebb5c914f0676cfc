import type { ThreadStore, Version } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { unlessConflict } from "@threadstore/core/documents";
import { idFor, newDocument, readDocument } from "./documents.ts";
import { invalidThread } from "./mastra-memory-error.ts";

/** Where a thread or a message is. */
export interface Place {
  /** The id of the resource that has the thread, or of the thread that has the message. */
  readonly in: string;
  /** Where the thread or message was, until it is deleted there. */
  readonly movedFrom?: string | undefined;
}

/** An entry of an index. */
export interface Location extends Place {
  readonly version: Version;
  readonly expiresAt: Date | undefined;
}

/**
 * An index of threads or messages by id. Each entry is written before its thread or message, so that a crash leaves at
 * most an entry that leads nowhere.
 */
export class LocationIndex {
  readonly #store: ThreadStore;

  constructor(store: ThreadStore) {
    this.#store = store;
  }

  async load(name: string): Promise<Location | undefined> {
    const stored = await this.#store.load(idFor(name, "id"));
    if (stored === undefined) return undefined;
    const { in: place, movedFrom } = readDocument("mastra-location", stored);
    if (typeof place !== "string") throw invalidThread("$.in", "a string", place);
    const { version, expiresAt } = stored;
    return { in: place, version, expiresAt, ...(typeof movedFrom === "string" ? { movedFrom } : {}) };
  }

  /** Creates an entry, and resolves with it. If there is one, resolves with that. */
  async claim(name: string, place: string): Promise<Location> {
    const created = await unlessConflict(this.write(name, { in: place }, undefined));
    if (created !== undefined) return created;
    // If it was deleted meanwhile, the next attempt creates it.
    return (await this.load(name)) ?? this.claim(name, place);
  }

  /** Writes an entry. Rejects with `CONFLICT` unless the entry is at version `previous`, or missing. */
  async write(name: string, place: Place, previous: Version | undefined): Promise<Location> {
    const { version, expiresAt } = await this.#store.save(idFor(name, "id"), document(place), { previous });
    return { ...place, version, expiresAt };
  }

  /** Replaces an entry, whichever it is. */
  async overwrite(name: string, place: Place): Promise<void> {
    await this.#store.save(idFor(name, "id"), document(place), { overwrite: true });
  }

  /** Deletes an entry, unless it has changed since version `previous`. */
  async delete(name: string, previous?: Version): Promise<void> {
    await unlessConflict(this.#store.delete(idFor(name, "id"), { previous }));
  }

  /**
   * Keeps an entry at least until `needed`, when its thread expires. Each save of the thread moves that time, so the
   * entry gets twice as long and seldom has to be renewed. Resolves with its expiry.
   */
  async renew(
    name: string,
    { expiresAt }: Pick<Location, "expiresAt">,
    needed: Date | undefined,
  ): Promise<Date | undefined> {
    if (needed === undefined || expiresAt === undefined || expiresAt >= needed) return expiresAt;
    const renewed = new Date(2 * needed.getTime() - Date.now());
    await this.#store.touch(idFor(name, "id"), { expiresAt: renewed });
    return renewed;
  }
}

function document({ in: place, movedFrom }: Place): JsonObject {
  return newDocument("mastra-location", { in: place, ...(movedFrom === undefined ? {} : { movedFrom }) });
}
