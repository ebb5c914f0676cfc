import { createRequire } from "node:module";

/** A collection of LokiJS, the database in memory in which Azurite keeps the properties of blobs. */
export interface Collection {
  readonly data: readonly object[];
  insert: (document: object) => unknown;
  findAndRemove: (query: object) => void;
  find: (query?: object) => readonly object[];
  ensureAllIndexes: (force: boolean) => void;
  remove: (document: object) => unknown;
  removeBatchByPositions: (positions: readonly number[]) => unknown;
}

export interface Loki {
  new (name: string): {
    addCollection: (name: string, options: { readonly indices: readonly string[] }) => Collection;
  };
  readonly Collection: { readonly prototype: Collection };
}

/** Beyond this number, sorting the indices once is faster. */
const FEW_DOCUMENTS = 16;

/** Returns Azurite's LokiJS. */
export function azuriteLoki(): Loki {
  const require = createRequire(import.meta.url);
  return createRequire(require.resolve("azurite/dist/src/blob/main.js"))("lokijs") as Loki;
}

/**
 * Azurite deletes a blob with a query, after which LokiJS sorts all indices of all blobs again: with 10,000 blobs, each
 * deletion takes more than 100 ms. If a query finds few documents, this removes one after the other, which only changes
 * the indices.
 */
export function keepIndicesOnRemoval({ Collection: { prototype } }: Loki): void {
  const removeMany = prototype.removeBatchByPositions;
  if (typeof removeMany !== "function" || typeof prototype.remove !== "function")
    throw new Error(
      "LokiJS does not have Collection.removeBatchByPositions anymore. Adapt azurite/removals.ts.",
    );
  prototype.removeBatchByPositions = function (this: Collection, positions) {
    if (positions.length > FEW_DOCUMENTS) return removeMany.call(this, positions);
    // Each removal changes the positions of others.
    const documents = positions.map((position) => this.data[position] as object);
    for (const document of documents) this.remove(document);
    return undefined;
  };
}
