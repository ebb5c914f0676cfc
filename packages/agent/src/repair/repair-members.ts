import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { Repairer } from "../findings/repairer.ts";
import { withoutMember } from "../wire-form/message-entry.ts";
import type { RepairableKind } from "../wire-form/wire-form.ts";

/** Drops the state of context providers, and the reference to a service, if an agent cannot read them. */
export function repairMembers(source: JsonObject, kind: RepairableKind, repairer: Repairer): JsonObject {
  let document = source;
  const { state, service } = source;
  if (state !== undefined && !isJsonObject(state)) {
    const message = "The state of the context providers is not an object.";
    repairer.repair(
      { code: "state-invalid", path: "$.state", position: Infinity, message },
      { drop: "A repair removes it." },
    );
    document = withoutMember(document, "state");
  }
  if (service !== undefined && !(isJsonObject(service) && kind.wireForm.isService(service))) {
    const message = "The reference to the service's conversation is malformed.";
    repairer.repair(
      { code: "service-invalid", path: "$.service", position: Infinity, message },
      { drop: "A repair removes it, so the next run sends all messages." },
    );
    document = withoutMember(document, "service");
  }
  return document;
}
