import { crc32 } from "node:zlib";
import type { ThreadKey } from "@threadstore/core";

/**
 * How many parts a namespace is spread over. Part of the layout: with another number, threads are not found. More
 * spread a namespace more evenly over a cluster, and make each page of a listing that many commands longer.
 */
export const bucketCount = 64;

/** The keys of a part of a namespace. They share a hash tag, and so a slot: one script may touch them all. */
export interface Bucket {
  /** A sorted set of the ids, all with score 0, and therefore in the order of their bytes. */
  readonly index: string;
  /** The string with the record of an id, which is what the index has and so maybe no text. */
  readonly record: (id: Buffer) => Buffer;
}

export interface RecordKeys {
  readonly index: string;
  readonly record: string;
  readonly id: string;
}

export interface Keys {
  of(key: ThreadKey): RecordKeys;
  buckets(namespace: string): Bucket[];
}

/**
 * The keys of all threads under a prefix: `prefix:{namespace:bucket}` for an index, and behind it `:id` for a
 * record. The first braces are always ours, so that no id or namespace can pass for another or leave its slot.
 */
export function keysUnder(prefix: string): Keys {
  if (typeof prefix !== "string" || !/^[^{}]+$/u.test(prefix) || !prefix.isWellFormed()) {
    throw new TypeError("`prefix` must be a non-empty string without braces.");
  }
  const indexAt = (namespace: string, number: number): string =>
    `${prefix}:{${namespace.replace(/[%{}]/gu, encodeURIComponent)}:${number}}`;
  return {
    of: ({ namespace, id }) => {
      const index = indexAt(namespace, crc32(id) % bucketCount);
      return { index, record: `${index}:${id}`, id };
    },
    buckets: (namespace) =>
      Array.from({ length: bucketCount }, (_, number) => {
        const index = indexAt(namespace, number);
        return { index, record: (id) => Buffer.concat([Buffer.from(`${index}:`), id]) };
      }),
  };
}
