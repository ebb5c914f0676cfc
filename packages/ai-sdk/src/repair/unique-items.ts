import { memberPath } from "@threadstore/core/documents";
import type { Report } from "./finding.ts";
import { isToolPart, itemIdsOf, type Part, type PartsMessage, withoutServiceItems } from "./part.ts";

/** The stored form of a message, and its location. */
interface Stored {
  readonly original: PartsMessage;
  readonly path: string;
}

/**
 * Returns an answer without the items of a service that earlier responses have, because services reject a request that
 * contains an item twice. The first response keeps its items, whose ids are added to `used`. Returns the same message if
 * there is nothing to do.
 */
export function withUniqueItems<Message extends PartsMessage>(
  message: Message,
  stored: Stored,
  used: Set<string>,
  report: Report,
): Message {
  if (message.role !== "assistant") return message;
  const parts = toResponses(message.parts).flatMap((response) => {
    const duplicates = duplicatesIn(response, used);
    for (const part of duplicates) {
      report(
        "service-item-duplicated",
        pathOf(part, stored),
        "An earlier part refers to the same item of the service.",
      );
    }
    // The service rejects the items of a response in part.
    return duplicates.length === 0 ? response : response.flatMap(withoutItems);
  });
  const isUnchanged =
    parts.length === message.parts.length && parts.every((part, index) => part === message.parts[index]);
  if (isUnchanged) return message;
  // Versions of the SDK reject a message without parts.
  return { ...message, parts: parts.length === 0 ? [{ type: "step-start" }] : parts };
}

/** Divides the parts of an answer into the responses of the model. */
function toResponses(parts: readonly Part[]): Part[][] {
  const responses: Part[][] = [[]];
  for (const part of parts) {
    if (part.type === "step-start") responses.push([]);
    responses.at(-1)?.push(part);
  }
  return responses;
}

/** Returns the parts whose items other parts have, and adds the ids of all items to `used`. */
function duplicatesIn(response: readonly Part[], used: Set<string>): Part[] {
  const kinds = new Map<string, string>();
  const duplicates = response.filter((part) => {
    const kind = isToolPart(part) ? "call" : part.type;
    const ids = itemIdsOf(part);
    // The parts of a text or of reasoning belong to the same item.
    const isDuplicate = ids.some(
      (id) => used.has(id) || (kinds.has(id) && (kinds.get(id) !== kind || kind === "call")),
    );
    for (const id of ids) kinds.set(id, kind);
    return isDuplicate;
  });
  for (const id of kinds.keys()) used.add(id);
  return duplicates;
}

function withoutItems(part: Part): Part[] {
  const isServiceCall = isToolPart(part) && part["providerExecuted"] === true;
  return isServiceCall ? [] : [withoutServiceItems(part)];
}

function pathOf(part: Part, { original, path }: Stored): string {
  const index = original.parts.indexOf(part);
  return index === -1 ? path : memberPath(memberPath(path, "parts"), index);
}
