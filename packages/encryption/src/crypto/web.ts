import { joinBytes } from "../format/bytes.ts";
import { type CryptoPlatform, NONCE, TAG_BYTES } from "./platform.ts";

const HMAC = { name: "HMAC", hash: "SHA-256" };
const AES = "AES-GCM";

/** Returns Web Crypto, which browsers provide only to pages that were loaded with TLS. */
function subtle(): typeof globalThis.crypto.subtle {
  const available: typeof globalThis.crypto.subtle | undefined = globalThis.crypto.subtle;
  if (available === undefined) {
    throw new TypeError("Web Crypto is not available. Load the page with TLS, or from localhost.");
  }
  return available;
}

export const randomBytes: CryptoPlatform["randomBytes"] = (length) =>
  globalThis.crypto.getRandomValues(new Uint8Array(length));

export const sha256: CryptoPlatform["sha256"] = async (data) =>
  new Uint8Array(await subtle().digest("SHA-256", data));

export const createMac: CryptoPlatform["createMac"] = (key) => {
  const imported = subtle().importKey("raw", Uint8Array.from(key), HMAC, false, ["sign"]);
  return async (...parts) => new Uint8Array(await subtle().sign("HMAC", await imported, joinBytes(...parts)));
};

function parametersOf(additionalData: Uint8Array<ArrayBuffer>): AesGcmParameters {
  return { name: AES, iv: NONCE, additionalData, tagLength: TAG_BYTES * 8 };
}

interface AesGcmParameters {
  readonly name: string;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly additionalData: Uint8Array<ArrayBuffer>;
  readonly tagLength: number;
}

export const encryptOnce: CryptoPlatform["encryptOnce"] = async (key, plaintext, associatedData) => {
  const imported = await subtle().importKey("raw", key, AES, false, ["encrypt"]);
  return new Uint8Array(await subtle().encrypt(parametersOf(associatedData), imported, plaintext));
};

export const decryptOnce: CryptoPlatform["decryptOnce"] = async (key, sealed, associatedData) => {
  const imported = await subtle().importKey("raw", key, AES, false, ["decrypt"]);
  try {
    return new Uint8Array(await subtle().decrypt(parametersOf(associatedData), imported, sealed));
  } catch (error) {
    // The name of the error for ciphertext that is not authentic or too short.
    if ((error as Partial<Error> | null)?.name === "OperationError") return undefined;
    throw error;
  }
};
