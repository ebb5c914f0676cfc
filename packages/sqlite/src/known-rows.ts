import type { Version } from "@threadstore/core";
import type { StoredRow } from "./chunks.ts";

/** More than the conversations that most processes have at a time. An entry takes about 200 bytes. */
const MAX_ROWS = 10_000;

/**
 * The rows of versions that this connection wrote. A version is stored only once, so the row that has it is still the
 * one that was written, and its chunks are those of then.
 */
export class KnownRows {
  readonly #rows = new Map<Version, StoredRow>();

  /** Returns the row of a version; `undefined` if another connection wrote it, or long ago. */
  get(version: Version | undefined): StoredRow | undefined {
    return version === undefined ? undefined : this.#rows.get(version);
  }

  /** Remembers the row of a version that was committed, instead of that of the version before. */
  replace(before: Version | undefined, version: Version, row: StoredRow): void {
    if (before !== undefined) this.#rows.delete(before);
    this.#rows.set(version, row);
    if (this.#rows.size > MAX_ROWS) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const [oldest] = this.#rows.keys();
    if (oldest !== undefined) this.#rows.delete(oldest);
  }
}
