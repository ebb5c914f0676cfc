/**
 * The key of an option of `save`, `append` and `touch`, for decorators that add members to the metadata: the names of the
 * members that they added. The metadata may then exceed their limit by {@link DECORATED_METADATA_BYTES}, so that callers of
 * the decorated store have all of it, and backends do not index these members, which change with each save. Stores without
 * a driver may ignore it. A registered symbol, so that two installed copies of this package agree on it.
 */
export const DECORATED_METADATA: unique symbol = Symbol.for("threadstore.decorated-metadata");

/** What all decorators of a store may add to metadata, in bytes of its JSON. The longest trailer leaves room for it. */
export const DECORATED_METADATA_BYTES = 4096;

/**
 * The only member of metadata that `withEncryption` has sealed, apart from those of heads. Jobs that select threads by
 * metadata must not take such a thread for one that does not match.
 */
export const SEALED_METADATA = ".encryption.sealed";

/** Options whose metadata may contain members that decorators added. */
export interface DecoratedMetadataOption {
  readonly [DECORATED_METADATA]?: readonly string[] | undefined;
}

/** Returns the part of the options that says so, for decorators that create new options. */
export function decoratedMetadataOption({
  [DECORATED_METADATA]: added,
}: DecoratedMetadataOption): DecoratedMetadataOption {
  return added === undefined ? {} : { [DECORATED_METADATA]: added };
}
