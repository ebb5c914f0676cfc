import { type StoredThread, ThreadStoreError, type UpdateChange } from "@threadstore/core";
import { updateThread } from "@threadstore/core/decorator";
import { type Mutant, mutant } from "./mutant.ts";

type Change = (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>;

export const updateMutants: readonly Mutant[] = [
  mutant("update only changes", "does not create threads in update", ["C7-1"], () => (_, { self }) => ({
    update: async (id, change, options) =>
      (await self.load(id)) === undefined ? undefined : updateThread(self, id, change, options),
  })),
  mutant(
    "null means empty",
    "saves an empty thread if the callback returns null",
    ["C7-2"],
    () =>
      (_, { self }) => ({
        update: (id, change, options) =>
          updateThread(self, id, async (current) => (await change(current)) ?? {}, options),
      }),
  ),
  mutant("one attempt", "does not start over after a conflict", ["C7-3"], () => (_, { self }) => ({
    update: (id, change, options) => updateThread(self, id, change, { ...options, maxAttempts: 1 }),
  })),
  mutant("last writer wins", "overwrites after a conflict", ["C7-4"], () => (_, { self }) => ({
    update: async (id, change, options) => {
      try {
        return await updateThread(self, id, change, options);
      } catch (error) {
        if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
        const thread = await change(await self.load(id));
        return self.save(id, thread ?? {}, { overwrite: true });
      }
    },
  })),
  mutant("swallowed error", "ignores an error of the callback", ["C7-5"], () => (_, { self }) => ({
    update: (id, change, options) => updateThread(self, id, swallowing(change), options),
  })),
  mutant("starts again for everything", "starts over after every error", ["C7-6"], () => (_, { self }) => ({
    update: async (id, change, options) => {
      try {
        return await updateThread(self, id, change, options);
      } catch {
        // The bug: it retries whatever the error is.
        return updateThread(self, id, change, options);
      }
    },
  })),
  mutant("options dropped", "does not pass metadata on", ["C7-7"], () => (_, { self }) => ({
    update: (id, change, { metadata: _unused, ...options } = {}) => updateThread(self, id, change, options),
  })),
  mutant("any attempts", "accepts any number of attempts", ["C7-8"], () => (_, { self }) => ({
    update: (id, change, { maxAttempts: _unused, ...options } = {}) =>
      updateThread(self, id, change, options),
  })),
  mutant("no signal in update", "ignores the signal", ["C7-9"], () => (_, { self }) => ({
    update: (id, change, { signal: _unused, ...options } = {}) =>
      updateThread(self, id, change, { ...options, maxAttempts: 4 }),
  })),
];

function swallowing(change: Change): Change {
  return async (current) => {
    try {
      return await change(current);
    } catch {
      // The bug: the error is ignored.
      return undefined;
    }
  };
}
