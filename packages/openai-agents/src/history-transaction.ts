import {
  canonicalJson,
  isPlainObject,
  type JsonObject,
  memberPath,
  textDigest,
} from "@threadstore/core/documents";
import { invalidValue, SessionError } from "./session-error.ts";
import { appendItems, itemsFromArgument } from "./session-items.ts";
import type { SessionContent } from "./session-thread.ts";

/** A transaction of the Agents SDK, checked and copied. */
export interface Transaction {
  readonly operationId: string;
  /** A hash of the transaction, by which a repetition is recognized. */
  readonly fingerprint: string;
  /** The end of the history that `items` replace; `undefined` if they are appended. */
  readonly expectedSuffix: readonly JsonObject[] | undefined;
  readonly items: readonly JsonObject[];
}

/** Checks and copies the argument that the SDK's runner passed. Throws `INVALID_ARGUMENT` with the path. */
export function transactionFromArgument(argument: unknown): Transaction {
  if (typeof argument !== "object" || argument === null) {
    throw invalidValue("INVALID_ARGUMENT", "$", "an object", argument);
  }
  const { operationId, transaction } = argument as { [member: string]: unknown };
  if (typeof operationId !== "string" || operationId.trim() === "" || !operationId.isWellFormed()) {
    throw invalidValue("INVALID_ARGUMENT", "$.operationId", "a non-blank, well-formed string");
  }
  const { items, expectedSuffix } = readTransaction(transaction);
  const canonical = canonicalJson(
    expectedSuffix === undefined ? ["append", items] : ["replace", expectedSuffix, items],
  );
  const fingerprint = textDigest(canonical);
  return { operationId, fingerprint, expectedSuffix, items };
}

function readTransaction(transaction: unknown): {
  items: JsonObject[];
  expectedSuffix: JsonObject[] | undefined;
} {
  const path = "$.transaction";
  if (!isPlainObject(transaction)) throw invalidValue("INVALID_ARGUMENT", path, "a transaction", transaction);
  const { type, items, expectedSuffix, replacement } = transaction;
  if (type !== "append_items" && type !== "replace_suffix") {
    throw invalidValue("INVALID_ARGUMENT", `${path}.type`, '"append_items" or "replace_suffix"');
  }
  checkMembers(transaction, MEMBERS[type], path);
  if (type === "append_items") {
    return { items: itemsFromArgument(items, `${path}.items`), expectedSuffix: undefined };
  }
  return {
    items: itemsFromArgument(replacement, `${path}.replacement`),
    expectedSuffix: itemsFromArgument(expectedSuffix, `${path}.expectedSuffix`),
  };
}

const MEMBERS = {
  append_items: ["type", "items"],
  replace_suffix: ["type", "expectedSuffix", "replacement"],
} as const;

/** A later version of the SDK may add conditions: applying the transaction without them could change the history. */
function checkMembers(transaction: object, known: readonly string[], path: string): void {
  const unknown = Reflect.ownKeys(transaction).find((name) => !known.includes(String(name)));
  if (unknown === undefined) return;
  const memberName = typeof unknown === "symbol" ? path : memberPath(path, unknown);
  const message = `\`${memberName}\` is not a member of this transaction. Remove it, or update @threadstore/openai-agents.`;
  throw new SessionError("INVALID_ARGUMENT", message, { path: memberName });
}

/** Returns the content with the transaction applied, or `undefined` if it has been applied before. */
export function applyTransaction(
  content: SessionContent,
  { operationId, fingerprint, expectedSuffix, items }: Transaction,
): SessionContent | undefined {
  const applied = content.operations.get(operationId);
  if (applied === fingerprint) return undefined;
  if (applied !== undefined) {
    throw new SessionError(
      "OPERATION_REUSED",
      "Another transaction with this operation id has been applied to the session. Use a new id.",
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
      "The session does not end with the items that the transaction replaces, because another run has changed it. Nothing was written. Read the session and start a new run.",
    );
  }
  return { ...content, operations, items: [...content.items.slice(0, start), ...items] };
}
