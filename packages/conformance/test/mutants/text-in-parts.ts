import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";
import { type Bug, withChanges, type Mutant, mutant, yieldToEventLoop } from "./mutant.ts";

/** A store that changes a thread in parts. */
function joinedBy(join: (parts: readonly string[]) => object | string): Bug {
  return (inner) => ({
    save: (id, thread, options) =>
      inner.save(id, hasTextParts(thread) ? join(thread[TEXT_PARTS]()) : thread, options),
  });
}

export const textInPartsMutants: readonly Mutant[] = [
  mutant("parts joined with commas", "joins parts with commas, as arrays do", ["V1-13", "V1-16"], () =>
    joinedBy(String),
  ),
  mutant(
    "parts encoded separately",
    "encodes each part separately, splitting surrogate pairs",
    ["V1-13"],
    () => joinedBy((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))).toString()),
  ),
  mutant(
    "parts compared by number",
    "treats the same number of parts as the same parts",
    ["V1-14"],
    () => (inner) => {
      const before = new Map<string, readonly string[]>();
      return {
        save: async (id, thread, options) => {
          if (!hasTextParts(thread)) return inner.save(id, thread, options);
          const newParts = thread[TEXT_PARTS]();
          const savedParts = before.get(id)?.slice(0, -1) ?? [];
          const isLonger = options?.previous !== undefined && newParts.length > savedParts.length;
          const parts = isLonger ? [...savedParts, ...newParts.slice(savedParts.length)] : [...newParts];
          const saved = await inner.save(id, { [TEXT_PARTS]: () => parts }, options);
          before.set(id, parts);
          return saved;
        },
      };
    },
  ),
  mutant("parts read late", "reads the parts after the call has returned", ["V1-14"], () => (inner) => ({
    save: async (id, thread, options) => {
      if (hasTextParts(thread)) await yieldToEventLoop();
      return inner.save(id, thread, options);
    },
  })),
  mutant("reused bytes", "writes a version over the bytes of the previous one", ["V1-14"], () => (inner) => {
    const texts = new Map<string, string>();
    return {
      save: async (id, thread, options) => {
        const saved: StoredThread = await inner.save(id, thread, options);
        const { json, size } = saved;
        texts.set(id, json);
        return Object.defineProperty(withChanges(saved, {}), "json", {
          get: () => (texts.get(id) ?? json).slice(0, size),
        });
      },
    };
  }),
  mutant("unchecked parts", "accepts any parts as a thread", ["V2-4"], () => (inner) => ({
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
