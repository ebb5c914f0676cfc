import { checkOptionNames, type OptionNames } from "@threadstore/core/decorator";
import { keyBytes } from "./key-bytes.ts";
import { type EncryptionKey, isKeyId, type KeyProvider } from "./key-provider.ts";

/** The options of {@link staticKeys}. */
export interface StaticKeysOptions {
  /** The id of the key that encrypts. */
  readonly current: string;
  /**
   * The keys by their ids: 32 random bytes, or their base64. Keep every key that a stored thread may need. An id has 1
   * to 64 characters of `[0-9A-Za-z._-]`, and must never name another key.
   */
  readonly keys: Readonly<Record<string, Uint8Array | string>>;
}

const OPTION_NAMES: OptionNames<StaticKeysOptions> = { current: "required", keys: "required" };

/** Creates a provider of keys that the process already has. Throws a `TypeError` for invalid options. */
export function staticKeys(options: StaticKeysOptions): KeyProvider {
  checkOptionNames(options, OPTION_NAMES);
  const keys = keysById(options.keys);
  const current = keys.get(options.current);
  if (current === undefined) throw new TypeError("`current` must be the id of one of the `keys`.");
  return {
    currentKey: async () => current,
    findKey: async (id) => keys.get(id),
    isCurrent: (id) => id === current.id,
  };
}

function keysById(keys: unknown): ReadonlyMap<string, EncryptionKey> {
  if (typeof keys !== "object" || keys === null) {
    throw new TypeError("`keys` must be an object with a key for each id.");
  }
  return new Map(Object.entries(keys).map(([id, value]) => [id, keyOf(id, value)]));
}

// Messages must not contain a value, and an id only if it is one: the two may have been confused.
function keyOf(id: string, value: unknown): EncryptionKey {
  if (!isKeyId(id))
    throw new TypeError("The ids of `keys` must have 1 to 64 characters of `[0-9A-Za-z._-]`.");
  return { id, bytes: keyBytes("Each of the `keys`", value) };
}
