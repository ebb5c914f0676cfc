import { isJsonObject } from "@threadstore/core/documents";
import type { FixResult, Repairer } from "../findings/repairer.ts";
import type { ProviderLimits } from "../limits/provider-limits.ts";
import { type MessageEntry, roleOf, setMember } from "../wire-form/message-entry.ts";
import type { RepairDraft } from "./repair-draft.ts";

/** Repairs parts of contents that a provider does not accept, and contents that it accepts only as text. */
export function repairParts(
  draft: RepairDraft,
  { partTypes, textRoles }: ProviderLimits,
  repairer: Repairer,
): void {
  for (const entry of draft.entries) {
    if (partTypes !== undefined) replaceParts(entry, draft, partTypes.value, repairer);
    if (textRoles?.value.includes(roleOf(entry) ?? "") === true) joinParts(entry, repairer);
  }
}

function replaceParts(
  entry: MessageEntry,
  { form }: RepairDraft,
  accepted: readonly string[],
  repairer: Repairer,
): void {
  const { content } = entry.value;
  for (const [index, part] of Array.isArray(content) ? content.entries() : []) {
    const type = isJsonObject(part) ? part["type"] : undefined;
    if (typeof type !== "string" || accepted.includes(type)) continue;
    const drop = (): FixResult => {
      const note = `[A part of type ${type} was here. The model's provider does not accept it.]`;
      const parts = Array.isArray(entry.value["content"]) ? entry.value["content"] : [];
      setMember(entry, "content", parts.with(index, form.newTextPart(note, roleOf(entry))));
      return { description: "A repair replaces it with a note.", action: "drop" };
    };
    const path = `${entry.contentPath}[${index}]`;
    const message = "The provider does not accept parts of this type.";
    const finding = { code: "part-unsupported", path, position: entry.position, message } as const;
    repairer.repair(finding, { move: drop, drop });
  }
}

function joinParts(entry: MessageEntry, repairer: Repairer): void {
  const { content } = entry.value;
  if (!Array.isArray(content)) return;
  const texts = content.map((part) =>
    isJsonObject(part) && typeof part["text"] === "string" ? part["text"] : JSON.stringify(part),
  );
  const rewrite = (): FixResult => {
    setMember(entry, "content", texts.join("\n"));
    return { description: "A repair joins its parts.", action: "rewrite" };
  };
  const { contentPath: path, position } = entry;
  const message = "The provider accepts only text as the content of this message.";
  repairer.repair({ code: "content-invalid", path, position, message }, { rewrite, drop: rewrite });
}
