import { hiddenField } from "../encoding/hidden-field.ts";
import { hiddenDetailsOf, withContent } from "../encoding/snapshot.ts";
import type { StoredThread } from "../thread-store.ts";
import { copyMetadata } from "../validation/metadata.ts";
import { checkedVersion, type VersionedMethod } from "../validation/version.ts";
import type {
  DecoratedThread,
  ReturnedThread,
  ReturnedThreads,
  VersionArgument,
} from "./thread-store-decorator.ts";

/** Creates an empty registry of the threads that stores of a decorator return. */
export function returnedThreads<State>(): ReturnedThreads<State> {
  return hiddenField<ReturnedThread<State>>();
}

/** Creates the object that the caller gets for a thread. */
export function toStoredThread<State>(
  returned: ReturnedThreads<State>,
  namespace: string,
  decorated: DecoratedThread<State>,
): StoredThread {
  const { stored, content, metadata = stored.metadata } = decorated;
  const { version, createdAt, updatedAt, expiresAt } = stored;
  const details = {
    id: decorated.id ?? stored.id,
    version,
    size: content?.size ?? stored.size,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    expiresAt: expiresAt && new Date(expiresAt),
    metadata: copyMetadata(metadata),
  };
  returned.attach(details, { namespace, decorated });
  const json = content === undefined ? () => stored.json : () => content.json();
  return withContent(details, json, hiddenDetailsOf(stored));
}

/** Returns the version that the option `previous` or `cached` of a method stands for. Throws `INVALID_ARGUMENT`. */
export function versionArgument<State>(
  returned: ReturnedThreads<State>,
  { namespace, id }: { readonly namespace: string; readonly id: string },
  value: unknown,
  method: VersionedMethod,
): VersionArgument<State> | undefined {
  const version = checkedVersion(id, value, method);
  if (version === undefined) return undefined;
  const thread = typeof value === "object" && value !== null ? returned.read(value) : undefined;
  // A thread with the same id in another namespace is a different thread.
  const { decorated } = thread ?? {};
  const isSameThread = thread?.namespace === namespace && (decorated?.id ?? decorated?.stored.id) === id;
  return { version, decorated: isSameThread ? decorated : undefined };
}
