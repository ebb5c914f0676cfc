import type { SaveOptions, StoredThread } from "../thread-store.ts";

/**
 * The key of the details of a thread that `copyThreads` keeps: a property of the threads that stores return, and an
 * option of `save`, which then stores these details instead of determining new ones. Stores without a driver and
 * decorators that create the options of a save must pass it on.
 *
 * A registered symbol, so that two installed copies of this package agree on it. It is not part of `SaveOptions`: an
 * application that sets times could order or expire threads wrongly.
 */
export const PRESERVED_DETAILS: unique symbol = Symbol.for("threadstore.preserved-details");

export interface PreservedDetails {
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date | undefined;
  /** Whether a save named the expiry (or none), so that the store's `ttlMs` does not replace it. */
  readonly hasFixedExpiry: boolean;
  /** The keys of the latest appends, oldest first: of each, the first 12 characters of its SHA-256 in base64url. */
  readonly appendKeys: readonly string[];
}

/** Something that may contain details to preserve. */
interface WithPreservedDetails {
  readonly [PRESERVED_DETAILS]?: PreservedDetails | undefined;
}

/** The options of a save as stores receive them. */
export interface PreservingOptions extends SaveOptions, WithPreservedDetails {}

/** A thread as stores return it. */
export interface PreservedThread extends StoredThread, WithPreservedDetails {}

/** Returns the part of a save's options that contains the details to preserve, for decorators that create new options. */
export function preservingOptions(options: PreservingOptions): WithPreservedDetails {
  const details = options[PRESERVED_DETAILS];
  return details === undefined ? {} : { [PRESERVED_DETAILS]: details };
}
