/** A result that a platform may have at once. */
export type Result<T> = T | Promise<T>;

/**
 * Bytes in memory of their own, as Web Crypto expects them. TypeScript 5.6 has no other name for it, because its
 * `Uint8Array` has no parameter.
 */
export type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;

/** Computes the HMAC-SHA256 of the joined parts with a key that only the function has. */
export type Mac = (...parts: readonly Bytes[]) => Result<Bytes>;

/**
 * The cryptography of a runtime. `#crypto` is `node.ts` where the import condition `node` applies, because its functions
 * return at once, and `web.ts` elsewhere. Both produce the same bytes.
 */
export interface CryptoPlatform {
  readonly randomBytes: (length: number) => Bytes;
  readonly sha256: (data: Bytes) => Result<Bytes>;
  /** Returns a function that computes the HMAC-SHA256 with a copy of `key`. */
  readonly createMac: (key: Bytes) => Mac;
  /**
   * Encrypts with AES-256-GCM and a nonce of zeros, so that `key` must be used once. Returns the ciphertext and the tag
   * of 16 bytes.
   */
  readonly encryptOnce: (key: Bytes, plaintext: Bytes, associatedData: Bytes) => Result<Bytes>;
  /** Reverses `encryptOnce`. Returns `undefined` if the key, the ciphertext, the tag or the associated data is wrong. */
  readonly decryptOnce: (key: Bytes, sealed: Bytes, associatedData: Bytes) => Result<Bytes | undefined>;
}

export const TAG_BYTES = 16;

/** The nonce of every encryption: `encryptOnce` gets a key that no other call gets. */
export const NONCE: Bytes = new Uint8Array(12);
