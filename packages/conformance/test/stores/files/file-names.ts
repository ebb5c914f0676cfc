import { createHash } from "node:crypto";
import { compareUtf8 } from "@threadstore/core/driver";

/** How the file store names its files and folders, and how it lists them. Mutants replace parts of it. */
export interface FileNames {
  /** Returns the name for an id or a namespace. It need not be reversible, because the file contains the id. */
  readonly nameOf: (text: string) => string;
  readonly isListed: (id: string) => boolean;
  readonly inOrder: (ids: readonly string[]) => readonly string[];
}

/** Returns the name of a record's file. No other kind of file has such a name. */
export function fileName({ nameOf }: FileNames, id: string): string {
  return `t-${nameOf(id)}.json`;
}

/** Maximum length of an encoded id in a name, in bytes. File systems allow 255 bytes, including prefix and suffix. */
const MAX_ENCODED_LENGTH = 200;

export const goodNames: FileNames = {
  nameOf(text) {
    const name = encodeURIComponent(text);
    if (name.length <= MAX_ENCODED_LENGTH) return name;
    // Encoded names never contain "%~".
    return `${name.slice(0, 100)}%~${createHash("sha256").update(text).digest("hex")}`;
  },
  isListed: () => true,
  inOrder: (ids) => ids.toSorted(compareUtf8),
};
