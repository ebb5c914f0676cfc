import type { SqliteDatabase } from "./options.ts";
import { prepareStatement } from "./statements.ts";

/** Prepares the change of a thread's entries in the index of metadata, which other saves do not touch. */
export function prepareMetadata(
  database: SqliteDatabase,
): (thread: number, hashes: readonly number[], isNew: boolean) => void {
  const deleteHashes = prepareStatement(database, DELETE_METADATA);
  const insertHash = prepareStatement(
    database,
    "INSERT INTO threadstore_metadata (hash, thread) VALUES (?, ?)",
  );
  return (thread, hashes, isNew) => {
    if (!isNew) deleteHashes().run(thread);
    for (const hash of hashes) insertHash().run(hash, thread);
  };
}

export const DELETE_METADATA = "DELETE FROM threadstore_metadata WHERE thread = ?";
