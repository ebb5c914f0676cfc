import { createMac, decryptOnce, encryptOnce, randomBytes } from "#crypto";
import type { Bytes, Mac } from "../crypto/platform.ts";
import { encodeText, joinBytes, uint32 } from "../format/bytes.ts";
import { type EncryptionKey, isKeyId, isWrappedKey, KEY_BYTES } from "./key-provider.ts";

/** The length of a salt, and of the random bytes that it depends on. */
export const SALT_BYTES = 16;
/** The length of an authentication code. */
export const MAC_BYTES = 12;

/** What a key is used for. Keeps the inputs of its HMAC apart. */
const PURPOSES = {
  salt: encodeText("threadstore.encryption.1.salt\n"),
  key: encodeText("threadstore.encryption.1.key\n"),
  authenticate: encodeText("threadstore.encryption.1.mac\n"),
};

/** A key as the format uses it. The bytes are in the closures of its functions, so that no log shows them. */
export interface SealingKey {
  readonly id: string;
  readonly wrapped: string | undefined;
  /**
   * Encrypts with a new one-time key. Returns the salt, the ciphertext and the tag. `context` must differ for different
   * purposes and places.
   */
  readonly seal: (context: Bytes, plaintext: Bytes) => Promise<Bytes>;
  /** Reverses `seal`. Resolves with `undefined` if it is not what `seal` returned for this context. */
  readonly open: (context: Bytes, sealed: Bytes) => Promise<Bytes | undefined>;
  /** Computes an authentication code of 12 bytes. */
  readonly authenticate: (data: Bytes) => Promise<Bytes>;
}

const sealingKeys = new WeakMap<EncryptionKey, SealingKey>();

/** Returns the functions of a key. Throws a `TypeError` if a key provider returned something else. */
export function sealingKey(key: EncryptionKey): SealingKey {
  const known = sealingKeys.get(key);
  if (known !== undefined) return known;
  const created = createSealingKey(key);
  sealingKeys.set(key, created);
  return created;
}

function createSealingKey({ id, wrapped, bytes }: EncryptionKey): SealingKey {
  const isValid = isKeyId(id) && (wrapped === undefined || isWrappedKey(wrapped));
  if (!isValid || !(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) {
    throw new TypeError(
      "A key of the key provider must have an `id` of 1 to 64 characters of `[0-9A-Za-z._-]`, `bytes` with 32 bytes, and optionally `wrapped` with printable ASCII.",
    );
  }
  const mac = createMac(Uint8Array.from(bytes));
  return {
    id,
    wrapped,
    seal: (context, plaintext) => sealWith({ mac, randomBytes }, context, plaintext),
    async open(context, sealed) {
      const salt = sealed.slice(0, SALT_BYTES);
      return decryptOnce(await mac(PURPOSES.key, salt, context), sealed.subarray(SALT_BYTES), context);
    },
    async authenticate(data) {
      return (await mac(PURPOSES.authenticate, data)).slice(0, MAC_BYTES);
    },
  };
}

/**
 * Encrypts with a key that is derived from the context and a salt. The salt depends on the plaintext, too, so that a
 * random generator that repeats its bytes, as in a copy of a virtual machine, does not lead to one key for different
 * plaintexts.
 */
export async function sealWith(
  platform: { readonly mac: Mac; readonly randomBytes: (length: number) => Bytes },
  context: Bytes,
  plaintext: Bytes,
): Promise<Bytes> {
  const { mac } = platform;
  const random = platform.randomBytes(SALT_BYTES);
  const hash = await mac(PURPOSES.salt, random, uint32(context.length), context, plaintext);
  const salt = hash.slice(0, SALT_BYTES);
  const sealed = await encryptOnce(await mac(PURPOSES.key, salt, context), plaintext, context);
  return joinBytes(salt, sealed);
}
