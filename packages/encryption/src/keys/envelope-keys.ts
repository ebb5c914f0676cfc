import { ThreadStoreError } from "@threadstore/core";
import { base85ToBytes, bytesToBase85 } from "@threadstore/core/decorator";
import { randomBytes, sha256 } from "#crypto";
import { corrupt } from "../errors.ts";
import { encodeBase64url, encodeTexts } from "../format/bytes.ts";
import { callKeyService } from "./call-key-service.ts";
import {
  type EnvelopeKeysOptions,
  type ResolvedEnvelopeOptions,
  resolveEnvelopeOptions,
} from "./envelope-options.ts";
import { expiringCache } from "./expiring-cache.ts";
import { type EncryptionKey, KEY_BYTES, type KeyProvider } from "./key-provider.ts";
import type { KeyService, WrappedKey } from "./key-service.ts";

/**
 * Creates a provider of data keys that a key service encrypts. Each process creates a data key of its own, once per
 * `maxAgeMs`, and the encrypted data key is stored in the header of each thread. A process calls the service once for
 * each data key that it does not have yet. Throws a `TypeError` for invalid options.
 */
export function envelopeKeys(service: KeyService, options: EnvelopeKeysOptions = {}): KeyProvider {
  checkService(service);
  const resolved = resolveEnvelopeOptions(options);
  const { maxAgeMs, cacheMs, cacheSize, now } = resolved;
  const created = expiringCache<EncryptionKey>({ maxAgeMs, maxSize: 1, now });
  const unwrapped = expiringCache<EncryptionKey>({ maxAgeMs: cacheMs, maxSize: cacheSize, now });
  /** The beginning of the ids of keys that the current key of the service has encrypted, once it is known. */
  let currentPrefix: string | undefined;
  const prefixes = new Set<string>();
  const create = async (): Promise<EncryptionKey> => {
    const key = await createDataKey(service, resolved);
    currentPrefix = prefixOf(key.id);
    prefixes.add(currentPrefix);
    return unwrapped.get(key.id, async () => key);
  };
  /** Another process may know a newer key of the service. The next data key shows which one is current. */
  const notice = (id: string): void => {
    if (prefixes.has(prefixOf(id))) return;
    prefixes.add(prefixOf(id));
    created.clear();
  };
  return {
    currentKey: () => created.get("current", create),
    async findKey(id, wrapped) {
      const known = unwrapped.find(id);
      if (known !== undefined || wrapped === undefined) return known;
      const wrappedKey = await verifyWrapped(id, wrapped);
      return unwrapped.get(id, async () => {
        const key = await unwrapDataKey(service, resolved, { id, wrapped, wrappedKey });
        notice(id);
        return key;
      });
    },
    isCurrent: (id) => currentPrefix === undefined || prefixOf(id) === currentPrefix,
  };
}

function checkService(service: unknown): void {
  const { wrap, unwrap } = (service ?? {}) as Partial<KeyService>;
  if (typeof wrap === "function" && typeof unwrap === "function") return;
  throw new TypeError("`service` must be a KeyService, with the methods `wrap` and `unwrap`.");
}

async function createDataKey(
  service: KeyService,
  { timeoutMs }: ResolvedEnvelopeOptions,
): Promise<EncryptionKey> {
  const bytes = randomBytes(KEY_BYTES);
  const wrappedKey = await callKeyService(timeoutMs, async (call) =>
    checkWrapped(await service.wrap(Uint8Array.from(bytes), call)),
  );
  const wrapped = encodeWrapped(wrappedKey);
  return { id: await idOf(wrappedKey.wrappingKey, wrapped), bytes, wrapped };
}

/** Rejects with `CORRUPT` if the id is not that of the encrypted key: a forged header could replace a real key. */
async function verifyWrapped(id: string, wrapped: string): Promise<WrappedKey> {
  const wrappedKey = decodeWrapped(wrapped);
  if ((await idOf(wrappedKey.wrappingKey, wrapped)) !== id) throw invalidWrapped();
  return wrappedKey;
}

interface StoredDataKey {
  readonly id: string;
  readonly wrapped: string;
  readonly wrappedKey: WrappedKey;
}

async function unwrapDataKey(
  service: KeyService,
  { timeoutMs }: ResolvedEnvelopeOptions,
  { id, wrapped, wrappedKey }: StoredDataKey,
): Promise<EncryptionKey> {
  const bytes = await callKeyService(timeoutMs, async (call) =>
    checkUnwrapped(await service.unwrap(wrappedKey, call)),
  );
  if (bytes.length !== KEY_BYTES) throw invalidWrapped();
  return { id, bytes: Uint8Array.from(bytes), wrapped };
}

function checkWrapped(result: unknown): WrappedKey {
  const { wrappingKey, bytes } = (result ?? {}) as Partial<WrappedKey>;
  if (typeof wrappingKey === "string" && bytes instanceof Uint8Array) return { wrappingKey, bytes };
  throw invalidResult("`wrap` must resolve with `wrappingKey`, a string, and `bytes`, a Uint8Array");
}

function checkUnwrapped(result: unknown): Uint8Array {
  if (result instanceof Uint8Array) return result;
  throw invalidResult("`unwrap` must resolve with the data key, a Uint8Array");
}

function invalidResult(problem: string): ThreadStoreError {
  return new ThreadStoreError(
    "BACKEND_ERROR",
    `The result of the key service is invalid: ${problem}. Correct its KeyService.`,
  );
}

function encodeWrapped({ wrappingKey, bytes }: WrappedKey): string {
  return `${bytesToBase85(bytes)} ${wrappingKey}`;
}

function decodeWrapped(wrapped: string): WrappedKey {
  const end = wrapped.indexOf(" ");
  try {
    if (end > 0) return { bytes: base85ToBytes(wrapped.slice(0, end)), wrappingKey: wrapped.slice(end + 1) };
  } catch {
    // As any other text that is invalid.
  }
  throw invalidWrapped();
}

const PREFIX_LENGTH = 4;
const HASH_LENGTH = 16;

/** Returns the id of a data key: a hash of the name of the service's key, and one of the encrypted data key. */
async function idOf(wrappingKey: string, wrapped: string): Promise<string> {
  const [ofName, ofKey] = [await hashOf(wrappingKey), await hashOf(wrapped)];
  return ofName.slice(0, PREFIX_LENGTH) + ofKey.slice(0, HASH_LENGTH);
}

function prefixOf(id: string): string {
  return id.slice(0, PREFIX_LENGTH);
}

/** Returns a hash in base64url. */
async function hashOf(text: string): Promise<string> {
  return encodeBase64url(await sha256(encodeTexts(text)));
}

function invalidWrapped(): Error {
  return corrupt("The encrypted data key in the header of the thread is invalid.");
}
