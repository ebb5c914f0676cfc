import type { ThreadMetadata } from "@threadstore/core";
import {
  bytesToBase85,
  type MetadataFormat,
  reservedName,
  SEALED_METADATA as SEALED,
  type SegmentLocation,
} from "@threadstore/core/decorator";
import type { Bytes } from "../crypto/platform.ts";
import { corrupt } from "../errors.ts";
import { findKey, type FindKeyOptions } from "../keys/find-key.ts";
import { isKeyId, isWrappedKey } from "../keys/key-provider.ts";
import { type SealingKey, sealingKey } from "../keys/sealing-key.ts";
import { decodeBytes, decodeText, encodeText, joinBytes } from "./bytes.ts";
import type { KeyReference } from "./header.ts";
import { threadContext } from "./segment.ts";

export interface MetadataOptions extends FindKeyOptions {
  readonly isSealed: boolean;
  /** Whether metadata that is not encrypted is accepted although `isSealed` is set. */
  readonly migrating: boolean;
}

const METADATA = Uint8Array.of(2);

const { escape, unescape } = reservedName(SEALED);

/** Returns the format of metadata: encrypted as a whole, or plain. Reads both, so that the option can be changed. */
export function metadataFormat(options: MetadataOptions): MetadataFormat {
  const { keys, isSealed, migrating } = options;
  return {
    isPlain: !isSealed,
    async encode(location, metadata) {
      if (!isSealed) return renameMembers(metadata, escape);
      const key = sealingKey(await keys.currentKey());
      const sealed = await key.seal(contextOf(key, location), encodeText(JSON.stringify(metadata)));
      return { [SEALED]: [key.id, bytesToBase85(sealed), key.wrapped ?? ""].join(",") };
    },
    async decode(location, stored) {
      const sealed = stored[SEALED];
      if (sealed !== undefined) return unseal(options, location, sealed);
      if (!isSealed || migrating) return renameMembers(stored, unescape);
      throw corrupt(
        "The metadata of the thread is not encrypted, so that it may be forged. If a process without sealed metadata has saved it, run `reseal` with `metadata: 'sealed'` and `migrating: true`.",
      );
    },
  };
}

/** Returns the id of the key of stored metadata; `undefined` if they are not encrypted. */
export function keyIdOfMetadata(stored: ThreadMetadata): string | undefined {
  return stored[SEALED]?.split(",", 1)[0];
}

async function unseal(
  options: FindKeyOptions,
  location: SegmentLocation,
  text: unknown,
): Promise<ThreadMetadata> {
  const { sealed, ...reference } = parse(text);
  const key = await findKey(options, reference);
  const plaintext = await key.open(contextOf(key, location), sealed);
  if (plaintext === undefined) {
    throw corrupt(
      `The metadata of the thread is not authentic: it was altered, belongs to another thread, or the key \`${key.id}\` is not the one that encrypted it.`,
    );
  }
  return JSON.parse(decodeText(plaintext)) as ThreadMetadata;
}

function contextOf(key: SealingKey, location: SegmentLocation): Bytes {
  return joinBytes(METADATA, threadContext(location, key.id));
}

function parse(text: unknown): KeyReference & { readonly sealed: Bytes } {
  const [, id, base85 = "", wrapped] = /^([^,]*),([^,]*),(.*)$/u.exec(String(text)) ?? [];
  const isValid = isKeyId(id) && (wrapped === "" || isWrappedKey(wrapped));
  try {
    if (isValid) {
      const sealed = decodeBytes(base85);
      return { id, sealed, wrapped: wrapped === "" ? undefined : wrapped };
    }
  } catch {
    // As any other text that is invalid.
  }
  throw corrupt("The encrypted metadata of the thread is invalid.");
}

function renameMembers(metadata: ThreadMetadata, rename: (name: string) => string): ThreadMetadata {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [rename(name), value]));
}
