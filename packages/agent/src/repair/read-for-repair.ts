import type { JsonValue } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import type { Repairer } from "../findings/repairer.ts";
import { copyJson } from "../json.ts";
import { parseDocument } from "../thread/read-thread.ts";
import { rejectReference } from "../thread/reject-reference.ts";
import type { RepairableKind, WireForm } from "../wire-form/wire-form.ts";
import { repairEnvelope, type ThreadIdentity } from "./repair-envelope.ts";
import { repairMembers } from "./repair-members.ts";
import { reportMalformedText } from "./report-malformed-text.ts";

export interface ThreadForRepair {
  readonly document: JsonObject;
  readonly messages: readonly JsonValue[];
  readonly form: WireForm;
}

/**
 * Reads a copy of a thread, and repairs everything but its messages and its turn. Throws `THREAD_INVALID` for anything
 * else than a thread of these kinds, and `THREAD_TOO_NEW`.
 */
export function readForRepair(
  value: unknown,
  kinds: readonly RepairableKind[],
  repairer: Repairer,
  identity: ThreadIdentity,
): ThreadForRepair {
  const source = parseDocument(isLiveThread(value) ? value.toJSON() : value);
  rejectReference(source);
  const copy = copyJson(source, { code: "THREAD_INVALID", loneSurrogates: "replace" }) as JsonObject;
  const { document, messages, kind } = repairEnvelope(copy, kinds, repairer, identity);
  const readable = repairMembers(document, kind, repairer);
  reportMalformedText(source, repairer);
  return { document: readable, messages, form: kind.wireForm };
}

/** Returns whether the value is a thread of an agent instead of its JSON, which cannot contain functions. */
function isLiveThread(value: unknown): value is { toJSON(): unknown } {
  return (
    typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function"
  );
}
