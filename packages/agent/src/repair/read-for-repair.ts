import type { JsonValue } from "@threadstore/core";
import { type JsonObject, readEnvelope } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import { copyJson } from "../json.ts";
import { parseDocument } from "../thread/read-thread.ts";
import type { Repairer } from "./repairer.ts";
import { reportMalformedText } from "./report-malformed-text.ts";
import type { RepairableKind, WireForm } from "./wire-form.ts";

export interface ThreadForRepair {
  readonly document: JsonObject;
  readonly messages: readonly JsonValue[];
  readonly form: WireForm;
}

/**
 * Reads a copy of a thread whose messages may be corrupt. Throws `THREAD_INVALID` for anything else than a thread of
 * these kinds, and `THREAD_TOO_NEW`.
 */
export function readForRepair(
  value: unknown,
  kinds: readonly RepairableKind[],
  repairer: Repairer,
): ThreadForRepair {
  const source = parseDocument(isLiveThread(value) ? value.toJSON() : value);
  const document = copyJson(source, { code: "THREAD_INVALID", loneSurrogates: "replace" }) as JsonObject;
  const kind = kinds.find((each) => each.kind === document["kind"]);
  // Rejects an unknown kind.
  readEnvelope(document, {
    kinds: Object.fromEntries(kinds.map((each) => [each.kind, each.version])),
    packageName: kind?.packageName ?? "",
    error: ({ reason, path, message }) =>
      new AgentError(reason === "too-new" ? "THREAD_TOO_NEW" : "THREAD_INVALID", message, { path }),
  });
  const { messages } = document;
  if (kind === undefined || !Array.isArray(messages)) {
    throw invalidValue("THREAD_INVALID", "$.messages", "an array of messages", messages);
  }
  reportMalformedText(source, repairer);
  return { document, messages, form: kind.wireForm };
}

/** Returns whether the value is a thread of an agent instead of its JSON, which cannot contain functions. */
function isLiveThread(value: unknown): value is { toJSON(): unknown } {
  return (
    typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function"
  );
}
