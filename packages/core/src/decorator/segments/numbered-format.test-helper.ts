import type { JsonValue, ThreadStore } from "../../thread-store.ts";
import { corruptRecord } from "../../validation/corrupt-record.ts";
import { wrapThreadStore } from "../wrap-thread-store.ts";
import { PLAIN_METADATA, type SegmentFormat, type Splice, type WrittenSegments } from "./segment-format.ts";
import { segmentedOperations } from "./segmented-operations.ts";

/** How many segments the log has, and which log it is. */
interface NumberedLog {
  readonly count: number;
  readonly name: string;
}

interface Settings {
  readonly keepsVersions: boolean;
  /** After how many segments a log is full. */
  readonly maxSegments: number;
  /** Whether an append can continue from the head alone. */
  readonly resumes: boolean;
  readonly acceptsPlainThreads: boolean;
  readonly maxThreadBytes: number | undefined;
}

/** Stores numbered segments, as an encryption or compression would. */
function numberedFormat({
  keepsVersions,
  maxSegments,
  resumes,
  acceptsPlainThreads,
}: Settings): SegmentFormat<NumberedLog> {
  const written = (
    { name, count }: NumberedLog,
    { keep, text, tail }: Splice,
  ): WrittenSegments<NumberedLog> => ({
    log: { name, count: count + 1 },
    segments: [[count, keep, text, tail]],
  });
  return {
    name: "numbered",
    keepsVersions,
    metadata: PLAIN_METADATA,
    start: async ({ namespace, id }, { json }) =>
      written({ name: `${namespace}:${id}`, count: 0 }, { keep: 0, text: json, tail: 0 }),
    isFull: ({ count }) => count >= maxSegments,
    write: async (log, { splice }) => written(log, splice),
    resume: async ({ namespace, id }, { head }) =>
      resumes ? { name: `${namespace}:${id}`, count: Number(head) } : undefined,
    async read({ namespace, id }, { header, segments, head }) {
      const name = `${namespace}:${id}`;
      if (header !== name || Number(head) !== segments.length) throw corruptRecord("a segment is missing");
      return { log: { name, count: segments.length }, splices: segments.map(spliceOf) };
    },
    acceptPlainThread() {
      if (!acceptsPlainThreads) throw corruptRecord("it is not numbered");
    },
    header: ({ name }) => name,
    head: ({ count }) => String(count),
  };
}

function spliceOf(segment: JsonValue, index: number): Splice {
  const [position, keep, text, tail] = segment as [number, number, string, number];
  if (position !== index) throw corruptRecord("a segment was moved");
  return { keep, text, tail };
}

const DEFAULTS: Settings = {
  keepsVersions: false,
  maxSegments: 1000,
  resumes: true,
  acceptsPlainThreads: true,
  maxThreadBytes: undefined,
};

export function numberedStore(store: ThreadStore, settings: Partial<Settings> = {}): ThreadStore {
  const resolved = { ...DEFAULTS, ...settings };
  const { maxThreadBytes } = resolved;
  const format = numberedFormat(resolved);
  return wrapThreadStore(store, {
    name: format.name,
    maxThreadBytes,
    operations: (namespace) => segmentedOperations(namespace, format, { maxThreadBytes }),
  });
}
