import { jsonOf } from "../../src/engines/random/arbitraries.ts";
import { type Bug, type Mutant, mutant } from "./mutant.ts";

const CHUNK_BYTES = 8140;
/** How many bytes of a thread are not in chunks, at least and at most. */
const [END_MIN_BYTES, END_MAX_BYTES] = [256, 3072];

/**
 * A store that keeps a thread in chunks, except for its end. When a save makes a thread so short that its last chunk
 * becomes its end, the chunk stays, too: its bytes are the same as before.
 */
const keepsChunkOfEnd: Bug = (inner) => {
  const chunked = new Map<string, number>();
  return {
    save: async (id, thread, options) => {
      if (typeof thread !== "string") return inner.save(id, thread, options);
      const before = chunked.get(id) ?? 0;
      if (before <= thread.length && thread.length - before <= END_MAX_BYTES) {
        return inner.save(id, thread, options);
      }
      const after = Math.max(0, thread.length - END_MIN_BYTES);
      chunked.set(id, after);
      const lastChunk = Math.floor(thread.length / CHUNK_BYTES) * CHUNK_BYTES;
      const isKept = thread.length < before && after < lastChunk;
      return inner.save(id, isKept ? thread.slice(0, lastChunk) + thread.slice(after) : thread, options);
    },
  };
};

/**
 * A store that looks for differences only near the end of a thread that grows, as if callers never changed its
 * beginning.
 */
const keepsBeginning: Bug = (inner) => ({
  save: async (id, thread, options) => {
    const current = options?.previous === undefined ? undefined : await inner.load(id);
    const text = jsonOf(thread);
    const kept = (current?.json.length ?? 0) - END_MAX_BYTES;
    const grows = current !== undefined && current.json.length <= text.length;
    return inner.save(
      id,
      grows && kept > 0 ? current.json.slice(0, kept) + text.slice(kept) : thread,
      options,
    );
  },
});

/** Stores that keep threads in chunks. */
export const chunkMutants: readonly Mutant[] = [
  mutant(
    "chunk of the end",
    "keeps the last chunk of a thread when it becomes the thread's end",
    ["V1-18"],
    () => keepsChunkOfEnd,
  ),
  mutant(
    "unchanged beginning",
    "keeps the beginning of a thread that grows, although it changed",
    ["V1-19"],
    () => keepsBeginning,
  ),
];
