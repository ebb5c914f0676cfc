import type { StoredThread, ThreadMetadata, ThreadStore } from "../thread-store.ts";
import { changeBySaving } from "./change-by-saving.ts";
import { forwardChanges, forwardOperations } from "./forward-operations.ts";
import { reservedName } from "./reserved-name.ts";
import type {
  DecoratedNamespace,
  DecoratedOperations,
  DecoratedThread,
  ThreadStoreDecorator,
} from "./thread-store-decorator.ts";
import { wrapThreadStore } from "./wrap-thread-store.ts";

const SIZE = ".size";
const { escape, unescape } = reservedName(SIZE);

/**
 * Transforms content: stores each thread as base64, as encryption or compression would, with its size as metadata so
 * that listings return it.
 */
export function encodingStore(store: ThreadStore): ThreadStore {
  return wrapThreadStore(store, encodingDecorator());
}

export function encodingDecorator(
  overrides: Partial<ThreadStoreDecorator<undefined>> = {},
): ThreadStoreDecorator<undefined> {
  return {
    name: "encoding",
    maxThreadBytes: 10_000,
    operations: (namespace) => {
      const operations = encodingOperations(namespace);
      return { ...operations, ...changeBySaving(operations) };
    },
    ...overrides,
  };
}

function encodingOperations(
  namespace: DecoratedNamespace,
): Omit<DecoratedOperations<undefined>, "append" | "touch"> {
  return {
    ...forwardOperations(namespace),
    async save({ id, thread, options }, call) {
      const { json, size } = thread.read();
      const encoded = { encoded: Buffer.from(json).toString("base64") };
      const current =
        options.previous === undefined ? undefined : await namespace.inner.load(id, call.options());
      const metadata = options.metadata ?? decode(current)?.metadata ?? {};
      const stored = await namespace.inner.save(id, encoded, {
        ...options,
        metadata: { ...withEscapedNames(metadata), [SIZE]: String(size) },
        ...call.options(),
      });
      return { ...decode(stored), stored };
    },
    async load({ id, options }, call) {
      return decode(await namespace.inner.load(id, { ...options, ...call.options() }));
    },
    async listPage({ metadata: withMetadata, where = {}, ...options }, call) {
      const page = await namespace.inner.listPage({
        ...options,
        where: withEscapedNames(where),
        metadata: true,
        ...call.options(),
      });
      const threads = page.threads.map((summary) => {
        if (summary.corrupt) return summary;
        const { metadata, ...details } = summary;
        const decoded = { ...details, size: Number(metadata?.[SIZE]) };
        return withMetadata === true ? { ...decoded, metadata: withoutSize(metadata ?? {}) } : decoded;
      });
      return { ...page, threads };
    },
  };
}

function decode(stored: StoredThread | undefined): DecoratedThread<undefined> | undefined {
  if (stored === undefined) return undefined;
  const json = Buffer.from(stored.thread["encoded"] as string, "base64").toString();
  const content = { size: Buffer.byteLength(json), json: () => json };
  return { stored, content, metadata: withoutSize(stored.metadata) };
}

function withEscapedNames(metadata: Readonly<ThreadMetadata>): ThreadMetadata {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [escape(name), value]));
}

function withoutSize(stored: { [name: string]: string }): { [name: string]: string } {
  const entries = Object.entries(stored).filter(([name]) => name !== SIZE);
  return Object.fromEntries(entries.map(([name, value]) => [unescape(name), value]));
}

/** Caches loads: the inner store does not transfer a thread again that this process has loaded or saved. */
export function cachingStore(store: ThreadStore): ThreadStore {
  const cache = new Map<string, StoredThread>();
  return wrapThreadStore(store, {
    name: "cache",
    operations: (namespace) => {
      const { inner, name } = namespace;
      const remember = (stored: StoredThread): DecoratedThread<undefined> => {
        cache.set(JSON.stringify([name, stored.id]), stored);
        return { stored };
      };
      const operations = forwardOperations(namespace);
      return {
        ...operations,
        ...forwardChanges(namespace),
        async save(save, call) {
          const { stored } = await operations.save(save, call);
          return remember(stored);
        },
        async load({ id, options }, call) {
          const cached = options.cached ?? cache.get(JSON.stringify([name, id]));
          const stored = await inner.load(id, { cached, ...call.options() });
          return stored && remember(stored);
        },
      };
    },
  });
}
