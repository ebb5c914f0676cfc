import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  randomFillSync,
} from "node:crypto";
import { type Bytes, type CryptoPlatform, NONCE, TAG_BYTES } from "./platform.ts";

// Its keys are passed as key objects: OpenSSL takes five times as long to set up a cipher with the bytes of a key.
const ALGORITHM = "aes-256-gcm";

export const randomBytes: CryptoPlatform["randomBytes"] = (length) => randomFillSync(new Uint8Array(length));

export const sha256: CryptoPlatform["sha256"] = (data) => createHash("sha256").update(data).digest();

export const createMac: CryptoPlatform["createMac"] = (key) => {
  const secret = createSecretKey(key);
  return (...parts) => {
    const mac = createHmac("sha256", secret);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
};

export const encryptOnce: CryptoPlatform["encryptOnce"] = (key, plaintext, associatedData) => {
  const cipher = createCipheriv(ALGORITHM, createSecretKey(key), NONCE, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData);
  const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
  sealed.set(cipher.update(plaintext));
  cipher.final();
  sealed.set(cipher.getAuthTag(), plaintext.length);
  return sealed;
};

export const decryptOnce: CryptoPlatform["decryptOnce"] = (
  key,
  sealed,
  associatedData,
): Bytes | undefined => {
  if (sealed.length < TAG_BYTES) return undefined;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, createSecretKey(key), NONCE, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch {
    // The only reason for which it throws here, and its message says nothing else.
    return undefined;
  }
  return plaintext;
};
