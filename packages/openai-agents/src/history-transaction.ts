import { createHash } from "node:crypto";
import { canonicalJson, isJsonObject, type JsonObject } from "./plain-json.ts";
import { SessionError, unexpected } from "./session-error.ts";
import { appendItems, itemsFromArgument } from "./session-items.ts";
import type { SessionContent } from "./session-thread.ts";

/** A transaction of the Agents SDK as this package applies it: what the end of the history is replaced by. */
export interface Transaction {
  readonly operationId: string;
  readonly fingerprint: string;
  /** `undefined`: nothing is replaced, the items are added. */
  readonly expectedSuffix: readonly JsonObject[] | undefined;
  readonly items: readonly JsonObject[];
}

/** Checks and copies what the SDK's runner passed. Throws `INVALID_ARGUMENT` with the path. */
export function transactionFromArgument(argument: unknown): Transaction {
  if (typeof argument !== "object" || argument === null) {
    throw unexpected("INVALID_ARGUMENT", "$", "a transaction", argument);
  }
  const { operationId, transaction } = argument as { [member: string]: unknown };
  if (typeof operationId !== "string" || operationId.trim() === "" || !operationId.isWellFormed()) {
    throw unexpected("INVALID_ARGUMENT", "$.operationId", "a text that is not empty", operationId);
  }
  const { items, expectedSuffix } = readTransaction(transaction);
  const canonical = canonicalJson(
    expectedSuffix === undefined ? ["append", items] : ["replace", expectedSuffix, items],
  );
  const fingerprint = createHash("sha256").update(canonical).digest("base64url");
  return { operationId, fingerprint, expectedSuffix, items };
}

function readTransaction(transaction: unknown): {
  items: JsonObject[];
  expectedSuffix: JsonObject[] | undefined;
} {
  const path = "$.transaction";
  if (!isJsonObject(transaction)) throw unexpected("INVALID_ARGUMENT", path, "a transaction", transaction);
  const { type } = transaction;
  if (type === "append_items") {
    return { items: itemsFromArgument(transaction["items"], `${path}.items`), expectedSuffix: undefined };
  }
  if (type === "replace_suffix") {
    return {
      items: itemsFromArgument(transaction["replacement"], `${path}.replacement`),
      expectedSuffix: itemsFromArgument(transaction["expectedSuffix"], `${path}.expectedSuffix`),
    };
  }
  throw unexpected("INVALID_ARGUMENT", `${path}.type`, '"append_items" or "replace_suffix"', type);
}

/** The content with the transaction applied; `undefined` when it was applied before. */
export function applyTransaction(
  content: SessionContent,
  { operationId, fingerprint, expectedSuffix, items }: Transaction,
): SessionContent | undefined {
  const applied = content.operations.get(operationId);
  if (applied === fingerprint) return undefined;
  if (applied !== undefined) {
    throw new SessionError(
      "OPERATION_REUSED",
      "An operation of this id was applied to the session before, with another transaction. Use a new id.",
    );
  }
  const operations = new Map(content.operations).set(operationId, fingerprint);
  if (expectedSuffix === undefined) {
    return { ...content, operations, items: appendItems(content.items, items) };
  }
  const start = content.items.length - expectedSuffix.length;
  const suffix = start < 0 ? [] : content.items.slice(start);
  if (canonicalJson(suffix) !== canonicalJson([...expectedSuffix])) {
    throw new SessionError(
      "HISTORY_CHANGED",
      "The session no longer ends in what the transaction is to replace: another run was faster. Nothing was changed.",
    );
  }
  return { ...content, operations, items: [...content.items.slice(0, start), ...items] };
}
