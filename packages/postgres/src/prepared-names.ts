import { createHash } from "node:crypto";

/** The names under which the server keeps the parsed and planned statements of a connection. */
export class PreparedNames {
  readonly #names = new Map<string, string>();
  #isUsed: boolean;

  constructor(isUsed: boolean) {
    this.#isUsed = isUsed;
  }

  /**
   * Returns the name of a statement; `undefined` if names are no longer used. The name contains a hash of the text, so a
   * name that another store has prepared on a shared connection is always that of the same statement.
   */
  of(statement: string): string | undefined {
    if (!this.#isUsed) return undefined;
    const known = this.#names.get(statement);
    if (known !== undefined) return known;
    const name = `threadstore_${createHash("sha256").update(statement).digest("hex").slice(0, 32)}`;
    this.#names.set(statement, name);
    return name;
  }

  /** Ends the use of names. */
  stop(): void {
    this.#isUsed = false;
  }
}
