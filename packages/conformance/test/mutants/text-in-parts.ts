import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";
import { type Bug, changed, type Mutant, mutant, nextTurn } from "./mutant.ts";

/** A store that makes something else of a thread in parts. */
function joinedBy(join: (parts: readonly string[]) => object | string): Bug {
  return (inner) => ({
    save: (id, thread, options) =>
      inner.save(id, hasTextParts(thread) ? join(thread[TEXT_PARTS]()) : thread, options),
  });
}

export const textInPartsMutants: readonly Mutant[] = [
  mutant("parts by comma", "makes a string of parts as arrays do", ["V1-13", "V1-16"], () =>
    joinedBy(String),
  ),
  mutant("parts alone", "encodes each part by itself, and so halves of a character", ["V1-13"], () =>
    joinedBy((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))).toString()),
  ),
  mutant(
    "parts counted",
    "takes as many parts as there were for the same parts",
    ["V1-14"],
    () => (inner) => {
      const before = new Map<string, readonly string[]>();
      return {
        save: async (id, thread, options) => {
          if (!hasTextParts(thread)) return inner.save(id, thread, options);
          const given = thread[TEXT_PARTS]();
          const known = before.get(id)?.slice(0, -1) ?? [];
          const isLonger = options?.previous !== undefined && given.length > known.length;
          const parts = isLonger ? [...known, ...given.slice(known.length)] : [...given];
          const saved = await inner.save(id, { [TEXT_PARTS]: () => parts }, options);
          before.set(id, parts);
          return saved;
        },
      };
    },
  ),
  mutant("parts read late", "reads the parts after the call has returned", ["V1-14"], () => (inner) => ({
    save: async (id, thread, options) => {
      if (hasTextParts(thread)) await nextTurn();
      return inner.save(id, thread, options);
    },
  })),
  mutant(
    "bytes used again",
    "writes a version over the bytes of the one before",
    ["V1-14"],
    () => (inner) => {
      const texts = new Map<string, string>();
      return {
        save: async (id, thread, options) => {
          const saved: StoredThread = await inner.save(id, thread, options);
          const { json, size } = saved;
          texts.set(id, json);
          return Object.defineProperty(changed(saved, {}), "json", {
            get: () => (texts.get(id) ?? json).slice(0, size),
          });
        },
      };
    },
  ),
  mutant("parts unseen", "takes parts for a thread without a look", ["V2-4"], () => (inner) => ({
    save: async (id, thread, options) => {
      if (!hasTextParts(thread)) return inner.save(id, thread, options);
      try {
        return await inner.save(id, thread, options);
      } catch (error) {
        if (!ThreadStoreError.is(error, "INVALID_ARGUMENT")) throw error;
        return inner.save(
          id,
          {
            parts: thread[TEXT_PARTS]()
              .map(String)
              .map((part) => part.toWellFormed()),
          },
          options,
        );
      }
    },
  })),
];
