/** A data key that a key service has encrypted. */
export interface WrappedKey {
  /** The name of the key of the service that encrypted it, with its version if it has one, such as an ARN or a URL. */
  readonly wrappingKey: string;
  readonly bytes: Uint8Array;
}

/** What a call of a key service receives. */
export interface KeyServiceCall {
  /** Aborts when the time for the call has passed. */
  readonly signal: AbortSignal;
}

/**
 * A service that encrypts and decrypts data keys with a key that never leaves it. `awsKms` and `azureKeyVault` create one.
 * Rejects with a `ThreadStoreError`: `UNAVAILABLE`, `ACCESS_DENIED`, `MISCONFIGURED` or, if the bytes are not what the
 * service returned, `CORRUPT`. Any other error becomes `BACKEND_ERROR`.
 */
export interface KeyService {
  wrap(bytes: Uint8Array, call: KeyServiceCall): Promise<WrappedKey>;
  unwrap(wrapped: WrappedKey, call: KeyServiceCall): Promise<Uint8Array>;
}
