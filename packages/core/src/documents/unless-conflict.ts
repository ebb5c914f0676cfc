import { ThreadStoreError } from "../errors.ts";

/** Resolves with `undefined` if a change rejects with `CONFLICT`, because another writer was first. */
export async function unlessConflict<Result>(change: Promise<Result>): Promise<Result | undefined> {
  try {
    return await change;
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) return undefined;
    throw error;
  }
}
