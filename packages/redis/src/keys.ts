import { continuedCrc32, type ThreadKey } from "@threadstore/core/driver";

/**
 * The number of buckets that a namespace is spread over. Part of the storage format: with another number, threads are
 * not found. More buckets would spread a namespace more evenly over a Cluster, but each bucket costs a page one command.
 */
export const BUCKET_COUNT = 64;

/** The keys of one bucket of a namespace. They share a hash tag, and so a slot: one script may use all of them. */
export interface Bucket {
  /** The sorted set of the bucket's ids. Every score is 0, so it is ordered by the ids' bytes. */
  readonly index: string;
  /**
   * The sorted set of the bucket's ids by recency. The score is the negated time of the latest save, in milliseconds
   * since the epoch, so that the latest comes first and ids of the same time are ordered by their bytes.
   */
  readonly recencyIndex: string;
  /** Returns the key of a record. Takes the id as bytes because an index entry might not be valid UTF-8. */
  readonly record: (id: Buffer) => Buffer;
}

export interface RecordKeys {
  readonly index: string;
  readonly recencyIndex: string;
  readonly record: string;
  readonly id: string;
}

export interface Keys {
  of(key: ThreadKey): RecordKeys;
  buckets(namespace: string): Bucket[];
  /** Returns a pattern for `SCAN` that the indexes of a namespace and of those nested in it match, and few other keys. */
  indexPattern(within: string): string;
  /** Returns the namespace of the index with this key; `undefined` if the key is not that of an index. */
  namespaceOfIndex(key: string): string | undefined;
}

/**
 * Returns the keys of all threads with a prefix: `prefix:{namespace:bucket}` for the index of ids, and the same
 * followed by `.updated` for the index by recency, or by `:id` for a record. A prefix has no braces and those of a namespace are escaped, so the first pair is always the hash
 * tag: distinct threads never share a key, and every record is in the slot of its index.
 */
export function keysWithPrefix(prefix: string): Keys {
  const indexOf = (namespace: string, bucket: number): string => `${prefix}:{${escape(namespace)}:${bucket}}`;
  return {
    of: ({ namespace, id }) => {
      const index = indexOf(namespace, continuedCrc32(id) % BUCKET_COUNT);
      return { index, recencyIndex: recencyIndexOf(index), record: `${index}:${id}`, id };
    },
    buckets: (namespace) =>
      Array.from({ length: BUCKET_COUNT }, (_, bucket) => {
        const index = indexOf(namespace, bucket);
        return {
          index,
          recencyIndex: recencyIndexOf(index),
          record: (id) => Buffer.concat([Buffer.from(`${index}:`), id]),
        };
      }),
    indexPattern: (within) => `${asPattern(`${prefix}:{${escape(within)}`)}*:*}`,
    namespaceOfIndex(key) {
      const start = `${prefix}:{`;
      const [, escaped] = /^([^{}]*):\d+\}$/u.exec(key.slice(start.length)) ?? [];
      return key.startsWith(start) && escaped !== undefined ? unescape(escaped) : undefined;
    },
  };
}

function recencyIndexOf(index: string): string {
  return `${index}.updated`;
}

function escape(namespace: string): string {
  return namespace.replace(/[%{}]/gu, encodeURIComponent);
}

function unescape(escaped: string): string {
  return escaped.replace(/%(?:25|7B|7D)/gu, decodeURIComponent);
}

/** Escapes what a pattern of Redis does not match literally. */
function asPattern(text: string): string {
  return text.replace(/[*?[\]\\^-]/gu, String.raw`\$&`);
}
