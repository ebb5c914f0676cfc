import { checkOptionNames, type OptionNames } from "@threadstore/core/decorator";
import { guardedProvider } from "./keys/guarded-provider.ts";
import type { KeyProvider, MissingKeys } from "./keys/key-provider.ts";

/** The options of {@link withEncryption}. */
export interface EncryptionOptions {
  /** The keys, from `staticKeys`, `envelopeKeys` or your own provider. */
  readonly keys: KeyProvider;
  /**
   * Whether metadata is encrypted. With `sealed`, listings decrypt it, and filters of listings read all threads.
   * @default "plain"
   */
  readonly metadata?: "plain" | "sealed" | undefined;
  /**
   * Whether threads and metadata that are stored without encryption are read; their next save encrypts them. Set it
   * only while the threads of an existing store are encrypted, because such threads may be forged.
   * @default false
   */
  readonly migrating?: boolean | undefined;
  /**
   * How a thread is treated whose key the provider does not have. With `reject`, calls that need the key reject with
   * `MISCONFIGURED`, and so do listings of its sealed metadata. With `corrupt`, the thread is corrupt: listings
   * continue after it, and it can be deleted or overwritten through all layers. Set `corrupt` in a process that cleans
   * up after a key was lost or destroyed, and not in a process whose set of keys may be incomplete.
   * @default "reject"
   */
  readonly missingKeys?: MissingKeys | undefined;
  /**
   * The maximum size of a thread, in bytes of its JSON. The `maxThreadBytes` of the inner store applies to the encrypted
   * thread, which takes a quarter more.
   * @default undefined (only the limit of the inner store applies)
   */
  readonly maxThreadBytes?: number | undefined;
}

const OPTION_NAMES: OptionNames<EncryptionOptions> = {
  keys: "required",
  metadata: true,
  migrating: true,
  missingKeys: true,
  maxThreadBytes: true,
};

export interface ResolvedOptions {
  readonly keys: KeyProvider;
  readonly isSealed: boolean;
  readonly migrating: boolean;
  readonly missingKeys: MissingKeys;
  readonly maxThreadBytes: number | undefined;
}

/** Returns the options with defaults. Throws a `TypeError` if one is invalid. */
export function resolveOptions(options: EncryptionOptions): ResolvedOptions {
  checkOptionNames(options, OPTION_NAMES);
  const { keys, metadata = "plain", migrating = false, missingKeys = "reject", maxThreadBytes } = options;
  if (!isKeyProvider(keys)) {
    throw new TypeError(
      "`keys` must have the methods of a KeyProvider: `currentKey`, `findKey` and `isCurrent`. Create one with `staticKeys` or `envelopeKeys`.",
    );
  }
  if (metadata !== "plain" && metadata !== "sealed") {
    throw new TypeError('`metadata` must be "plain" or "sealed".');
  }
  if (typeof migrating !== "boolean") throw new TypeError("`migrating` must be a boolean.");
  if (missingKeys !== "reject" && missingKeys !== "corrupt") {
    throw new TypeError('`missingKeys` must be "reject" or "corrupt".');
  }
  const isSealed = metadata === "sealed";
  return { keys: guardedProvider(keys, missingKeys), isSealed, migrating, missingKeys, maxThreadBytes };
}

function isKeyProvider(value: unknown): value is KeyProvider {
  const { currentKey, findKey, isCurrent } = (value ?? {}) as Partial<KeyProvider>;
  return [currentKey, findKey, isCurrent].every((method) => typeof method === "function");
}
