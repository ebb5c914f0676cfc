import { createHash } from "node:crypto";
import { compareUtf8 } from "@threadstore/core/driver";

/** How the file store names its files and folders, and what it makes of them in a listing. */
export interface FileNames {
  /** Of an id, or a namespace. The file says itself which id it is of: the name need not be read again. */
  readonly nameOf: (text: string) => string;
  readonly isListed: (id: string) => boolean;
  readonly inOrder: (ids: readonly string[]) => readonly string[];
}

/** Unlike the name of any file that is not a record's. */
export function fileName({ nameOf }: FileNames, id: string): string {
  return `t-${nameOf(id)}.json`;
}

/** A file system takes names of up to 255 bytes; a file's has a few more. */
const LONGEST = 200;

export const goodNames: FileNames = {
  nameOf(text) {
    const name = encodeURIComponent(text);
    if (name.length <= LONGEST) return name;
    // What is encoded has no "%~" in it.
    return `${name.slice(0, 100)}%~${createHash("sha256").update(text).digest("hex")}`;
  },
  isListed: () => true,
  inOrder: (ids) => ids.toSorted(compareUtf8),
};
