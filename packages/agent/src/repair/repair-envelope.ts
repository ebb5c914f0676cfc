import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject, readEnvelope, THREAD_FORMAT } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import type { Repairer } from "../findings/repairer.ts";
import { DEFAULT_AGENT_NAME } from "../thread/agent-name.ts";
import type { RepairableKind } from "../wire-form/wire-form.ts";

/** The members that identify a thread, for one that lost them. */
export interface ThreadIdentity {
  readonly kind?: string | undefined;
  readonly agent?: string | undefined;
}

/** A thread whose envelope is valid. */
export interface RepairedEnvelope {
  readonly document: JsonObject;
  readonly messages: readonly JsonValue[];
  readonly kind: RepairableKind;
}

/**
 * Repairs the members that every thread has. A document that another program may have written is not repaired: throws
 * `THREAD_INVALID` for another format or kind, and `THREAD_TOO_NEW` for another version, unless `identity` names the
 * kind.
 */
export function repairEnvelope(
  source: JsonObject,
  kinds: readonly RepairableKind[],
  repairer: Repairer,
  identity: ThreadIdentity,
): RepairedEnvelope {
  const { format = null, messages: storedMessages } = source;
  const isForeign = typeof format === "string" && format !== THREAD_FORMAT && identity.kind === undefined;
  const kind = isForeign ? undefined : findKind(source, kinds, identity);
  // Rejects a document of another program.
  if (kind === undefined) throw readInvalidEnvelope(source, kinds);
  const messages = Array.isArray(storedMessages) ? storedMessages : toMessages(storedMessages);
  const { version, agent } = source;
  const corrections: JsonObject = {
    ...(format === THREAD_FORMAT ? {} : { format: THREAD_FORMAT }),
    ...(isVersion(version) ? {} : { version: kind.version }),
    ...(source["kind"] === kind.kind ? {} : { kind: kind.kind }),
    ...(typeof agent === "string" && agent !== "" ? {} : { agent: identity.agent ?? DEFAULT_AGENT_NAME }),
    ...(messages === storedMessages ? {} : { messages: [...messages] }),
  };
  for (const name of Object.keys(corrections)) reportMember(name, repairer);
  const document = Object.keys(corrections).length === 0 ? source : inOrder({ ...source, ...corrections });
  checkVersion(document, kind);
  return { document, messages, kind };
}

function isVersion(version: JsonValue | undefined): boolean {
  return typeof version === "number" && Number.isSafeInteger(version) && version >= 1;
}

function reportMember(name: string, repairer: Repairer): void {
  const path = `$.${name}`;
  const message = "A member that every thread has is missing or of the wrong type.";
  repairer.repair(
    { code: "envelope-invalid", path, position: -1, message },
    { rewrite: "A repair sets it." },
  );
}

/** Returns the members in the order in which threads are written. */
function inOrder({ format, version, kind, agent, ...others }: JsonObject): JsonObject {
  return { format, version, kind, agent, ...others } as JsonObject;
}

function findKind(
  { format, kind, messages }: JsonObject,
  kinds: readonly RepairableKind[],
  identity: ThreadIdentity,
): RepairableKind | undefined {
  const known = kinds.find((each) => each.kind === kind);
  if (known !== undefined) return known;
  if (identity.kind !== undefined) return kinds.find((each) => each.kind === identity.kind);
  // Without either member, nothing says that this is a thread. Another kind may be another program's.
  if (format !== THREAD_FORMAT || (typeof kind === "string" && kind !== "")) return undefined;
  const list = Array.isArray(messages) ? messages.filter(isJsonObject) : [];
  return kinds.find((each) => list.some((message) => each.wireForm.isOwn(message))) ?? kinds[0];
}

/** Converts a `messages` member that is not an array. */
function toMessages(value: JsonValue | undefined): readonly JsonValue[] {
  if (isJsonObject(value)) return [value];
  if (typeof value !== "string") return [];
  try {
    const parsed = JSON.parse(value) as JsonValue;
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** Throws `THREAD_TOO_NEW` for a version that this release does not read. */
function checkVersion(document: JsonObject, kind: RepairableKind): void {
  readEnvelope(document, {
    kinds: { [kind.kind]: kind.version },
    packageName: kind.packageName,
    error: ({ reason, path, message }) =>
      new AgentError(reason === "too-new" ? "THREAD_TOO_NEW" : "THREAD_INVALID", message, { path }),
  });
}

function readInvalidEnvelope(document: JsonObject, kinds: readonly RepairableKind[]): Error {
  readEnvelope(document, {
    kinds: Object.fromEntries(kinds.map((each) => [each.kind, each.version])),
    packageName: kinds[0]?.packageName ?? "",
    error: ({ path, message }) => {
      const remedy = "If it is a corrupt thread, pass its `kind`.";
      return new AgentError("THREAD_INVALID", `${message} ${remedy}`, { path });
    },
  });
  return invalidValue("THREAD_INVALID", "$.kind", "the kind of a thread");
}
