/** A key that encrypts threads. */
export interface EncryptionKey {
  /** The name that is stored with each thread: 1 to 64 characters of `[0-9A-Za-z._-]`. Never reuse one. */
  readonly id: string;
  /** 32 random bytes. */
  readonly bytes: Uint8Array;
  /**
   * Stored in the header of each thread that the key encrypts, and passed to `findKey`: the key itself, encrypted by a
   * key service. Printable ASCII of at most 4,096 characters.
   * @default undefined (nothing is stored)
   */
  readonly wrapped?: string | undefined;
}

/** Provides the keys of `withEncryption`. `staticKeys` and `envelopeKeys` create providers. */
export interface KeyProvider {
  /** Resolves with the key for new threads and for threads that are encrypted again. */
  currentKey(): Promise<EncryptionKey>;
  /**
   * Resolves with the key of a stored thread; `undefined` if the provider does not have it. Neither argument is
   * authentic, because both come from the store. `wrapped` is `undefined` if only the end of a thread was read. A
   * provider that needs it then resolves with `undefined`.
   */
  findKey(id: string, wrapped: string | undefined): Promise<EncryptionKey | undefined>;
  /** Returns whether threads with this key keep it. Otherwise, their next save encrypts them again. */
  isCurrent(id: string): boolean;
}

/** How a thread is treated whose key the provider does not have. */
export type MissingKeys = "reject" | "corrupt";

const KEY_ID = /^[0-9A-Za-z._-]{1,64}$/u;
const WRAPPED = /^[\x20-\x7E]{1,4096}$/u;

/** The length of a key in bytes. */
export const KEY_BYTES = 32;

export function isKeyId(value: unknown): value is string {
  return typeof value === "string" && KEY_ID.test(value);
}

export function isWrappedKey(value: unknown): value is string {
  return typeof value === "string" && WRAPPED.test(value);
}
