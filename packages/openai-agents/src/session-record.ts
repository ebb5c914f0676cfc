import type { RunContext } from "@openai/agents-core";
import {
  type SaveOptions,
  type StoredThread,
  ThreadStoreError,
  type UpdateChange,
  type Version,
} from "@threadstore/core";
import { SessionError } from "./session-error.ts";
import type { ThreadSessionOptions } from "./session-options.ts";

/** Returns what to store instead of the current version; `null` to leave it. May be called several times. */
export type Change = (current: StoredThread | undefined) => UpdateChange;

/** The versions that a change replaced and created, which are the same if nothing changed. */
export interface ChangedVersion {
  readonly before: Version | undefined;
  readonly after: Version | undefined;
}

/** The record of a session in the store, of which this process remembers the latest version. */
export interface SessionRecord<Context> {
  load(): Promise<StoredThread | undefined>;
  update(change: Change, runContext: RunContext<Context> | undefined): Promise<ChangedVersion>;
  replace(
    version: Version | undefined,
    write: (current: StoredThread | undefined) => object | string,
    runContext: RunContext<Context> | undefined,
  ): Promise<Version | undefined>;
}

export function sessionRecord<Context>(options: ThreadSessionOptions<Context>): SessionRecord<Context> {
  const { store, id, signal, timeoutMs, maxAttempts } = options;
  const latest = latestVersion(options);
  return {
    async load() {
      const stored = await store.load(id, { cached: latest.get()?.stored, signal, timeoutMs });
      return latest.set(stored);
    },

    async update(change, runContext) {
      let before: Version | undefined;
      let isUnchanged = false;
      const tracked: Change = (current) => {
        before = current?.version;
        const thread = change(current);
        isUnchanged = thread === null;
        return thread;
      };
      const writeOptions = toSaveOptions(options, runContext);
      const saved = await latest.change(tracked, writeOptions);
      if (saved !== undefined) return { before, after: saved };
      const stored = latest.set(await store.update(id, tracked, { ...writeOptions, maxAttempts }));
      return { before, after: isUnchanged ? before : stored?.version };
    },

    async replace(version, write, runContext) {
      const current = latest.get()?.stored;
      if (current?.version !== version) return undefined;
      return latest.save(write(current), toSaveOptions(options, runContext));
    },
  };
}

function toSaveOptions<Context>(
  { store: _store, id: _id, maxAttempts: _attempts, metadata, ...options }: ThreadSessionOptions<Context>,
  runContext: RunContext<Context> | undefined,
): SaveOptions {
  return { ...options, metadata: typeof metadata === "function" ? metadata(runContext) : metadata };
}

/** `stored` is `undefined` if there was no thread. */
interface LatestVersion {
  readonly stored: StoredThread | undefined;
}

/** The version of a record that this process has read or written last. */
interface Latest {
  get(): LatestVersion | undefined;
  set(stored: StoredThread | undefined): StoredThread | undefined;
  /** Replaces the version. Resolves with the new one, or with `undefined` if another one is stored. */
  save(thread: object | string, options: SaveOptions): Promise<Version | undefined>;
  /** Tries to change the version, which avoids a load. Resolves as `save` does. */
  change(change: Change, options: SaveOptions): Promise<Version | undefined>;
}

function latestVersion<Context>({ store, id }: ThreadSessionOptions<Context>): Latest {
  let latest: LatestVersion | undefined;

  async function save(thread: object | string, options: SaveOptions): Promise<Version | undefined> {
    try {
      const stored = await store.save(id, thread, { ...options, previous: latest?.stored });
      latest = { stored };
      return stored.version;
    } catch (error) {
      if (ThreadStoreError.is(error, "CONFLICT")) return undefined;
      throw error;
    }
  }

  return {
    get: () => latest,
    set: (stored) => (latest = { stored }).stored,
    save,
    async change(change, options) {
      if (latest === undefined) return undefined;
      try {
        const thread = change(latest.stored);
        return thread === null ? undefined : await save(thread, options);
      } catch (error) {
        // The version may be out of date, so this error is not conclusive.
        if (SessionError.is(error)) return undefined;
        throw error;
      }
    },
  };
}
