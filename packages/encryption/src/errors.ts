import { ThreadStoreError } from "@threadstore/core";

/** Creates the error for a stored thread that is not authentic. `reason` is a sentence without contents. */
export function corrupt(reason: string): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    `${reason} The stored record was not changed. Restore it from a backup, or delete the thread, or save it with \`overwrite: true\`.`,
  );
}

/** Creates the error for a thread in a format that this version does not know. */
export function newerFormat(): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    "The thread was encrypted by a newer version of @threadstore/encryption. Upgrade this process.",
  );
}

/** Creates the error for a key that the provider does not have. `id` is a valid key id. */
export function missingKey(id: string): ThreadStoreError {
  return new ThreadStoreError(
    "MISCONFIGURED",
    `The thread is encrypted with the key \`${id}\`, which the key provider does not have. Add this key to \`keys\`; it need not be the current one. If the key is lost, so is the thread: set \`missingKeys: "corrupt"\` to delete or overwrite it.`,
  );
}

/** Creates the error for a missing key if the options make its thread corrupt. */
export function lostKey(id: string): ThreadStoreError {
  return corrupt(
    `The thread is encrypted with the key \`${id}\`, which is missing, so that it is corrupt as long as \`missingKeys\` is "corrupt".`,
  );
}

/** Creates the error for a thread that is stored without encryption. */
export function plainThread(): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    "The stored thread is not encrypted, so that it may be forged. Set `migrating: true` while the threads of an existing store are encrypted, or delete the thread, or save it with `overwrite: true`.",
  );
}
