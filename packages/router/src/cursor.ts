import type { ThreadStoreError } from "@threadstore/core";
import { invalidArgument, sealJson, unsealJson } from "@threadstore/core/decorator";
import { textDigest } from "@threadstore/core/documents";

/** The operation and the namespace that a cursor belongs to. */
export interface CursorOwner {
  readonly operation: "list" | "deleteExpired" | "namespaces" | "erase";
  /** The names of the namespaces that lead to the listed one. */
  readonly path: readonly string[];
}

/** Encodes the values of a position, which are JSON. */
export function encodeCursor({ operation, path }: CursorOwner, values: readonly unknown[]): string {
  return sealJson(["router", operation, digestOf(path), ...values]);
}

/**
 * Returns the values of a position. Throws `INVALID_ARGUMENT` if the cursor belongs to another operation or namespace.
 */
export function decodeCursor({ operation, path }: CursorOwner, cursor: unknown): readonly unknown[] {
  const position = unsealJson(cursor);
  const [kind, of, digest, ...values]: readonly unknown[] = Array.isArray(position) ? position : [];
  if (kind === "router" && of === operation && digest === digestOf(path)) return values;
  throw invalidCursor(operation);
}

export function invalidCursor(operation: CursorOwner["operation"]): ThreadStoreError {
  const origin = operation === "list" ? "page of the same listing" : `\`${operation}\` of the same namespace`;
  return invalidArgument(
    `\`cursor\` must be the cursor of an earlier ${origin} of this router. Omit it to start from the beginning.`,
  );
}

function digestOf(path: readonly string[]): string {
  return textDigest(JSON.stringify(path)).slice(0, 12);
}
