import type { JsonValue } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import type { Repairer } from "../findings/repairer.ts";
import type { ProviderLimits } from "../limits/provider-limits.ts";
import { type MessageEntry, roleOf, setMember } from "../wire-form/message-entry.ts";
import { IMAGES_OF_RESULTS } from "../wire-form/moved-images.ts";
import type { RepairDraft } from "./repair-draft.ts";

/** The part that replaces an image, for the model. */
const MOVED_IMAGE = "[The image follows in the next user message.]";
const REMOVED_IMAGE = "[An image was here. The model's provider does not accept it in this message.]";

/** Moves images of tool results to a user message after them, or replaces images that the provider does not accept. */
export function repairImages(draft: RepairDraft, limits: ProviderLimits, repairer: Repairer): void {
  const roles = limits.imageRoles?.value;
  if (roles === undefined) return;
  const mayMove = roles.includes("user") && limits.strictOrder === undefined;
  // A message after the results of an open turn would end it.
  const movableCount =
    draft.turn === undefined
      ? draft.entries.length
      : draft.entries.findLastIndex((entry) => roleOf(entry) !== "tool");
  let images: JsonValue[] = [];
  draft.entries = draft.entries.flatMap((entry, index) => {
    const role = roleOf(entry);
    const before = role === "tool" || images.length === 0 ? [] : [toUserMessage(draft, images, entry)];
    if (role !== "tool") images = [];
    if (role === undefined || roles.includes(role)) return [...before, entry];
    const isMoved = mayMove && role === "tool" && index < movableCount;
    images.push(...takeImages(entry, draft, isMoved, repairer));
    return [...before, entry];
  });
  const last = draft.entries.at(-1);
  if (images.length > 0 && last !== undefined) draft.entries.push(toUserMessage(draft, images, last));
}

/** Replaces the images of a message, and returns those to move. */
function takeImages(
  entry: MessageEntry,
  { form }: RepairDraft,
  isMovable: boolean,
  repairer: Repairer,
): JsonValue[] {
  const images: JsonValue[] = [];
  const { content } = entry.value;
  for (const [index, part] of Array.isArray(content) ? content.entries() : []) {
    if (!isJsonObject(part) || part["type"] !== "image_url") continue;
    const replace = (text: string): void => {
      const parts = entry.value["content"] as JsonValue[];
      setMember(entry, "content", parts.with(index, form.newTextPart(text, roleOf(entry))));
    };
    const drop = () => {
      replace(REMOVED_IMAGE);
      return { description: "A repair replaces it with a note.", action: "drop" } as const;
    };
    const move = () => {
      if (!isMovable) return drop();
      images.push(part);
      replace(MOVED_IMAGE);
      return "A repair moves it to a user message after the results.";
    };
    const path = `${entry.contentPath}[${index}]`;
    const message = "The provider does not accept an image in this message.";
    repairer.repair({ code: "part-unsupported", path, position: entry.position, message }, { move, drop });
  }
  return images;
}

function toUserMessage({ form }: RepairDraft, images: JsonValue[], next: MessageEntry): MessageEntry {
  const content = [form.newTextPart(IMAGES_OF_RESULTS, "user"), ...images];
  return form.read({ role: "user", content }, next.path, next.position);
}
