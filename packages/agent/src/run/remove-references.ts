import type { WireForm } from "../wire-form/wire-form.ts";

const TEXT_PARTS: readonly unknown[] = ["text", "input_text", "output_text", "refusal"];
/** A URL or the id of an uploaded file, either of which can expire. Content in a data URL cannot. */
const REFERENCE = /"file_id"|"https?:\/\//u;

/** Returns the message with a text in the place of each image or file that it only refers to. */
export function removeReferences<Message extends object>(
  message: Message,
  { newTextPart }: Pick<WireForm, "newTextPart">,
): Message {
  const { content, role } = message as { readonly content?: unknown; readonly role?: string };
  if (!Array.isArray(content) || !content.some(isReference)) return message;
  const parts = (content as unknown[]).map((part) =>
    isReference(part) ? newTextPart(`(Removed: ${part.type})`, role) : part,
  );
  return { ...message, content: parts };
}

function isReference(part: unknown): part is { readonly type: string } {
  const { type } = (part ?? {}) as { readonly type?: unknown };
  return typeof type === "string" && !isText(part) && REFERENCE.test(JSON.stringify(part));
}

/** Returns whether a part of a message is text. */
export function isText(part: unknown): boolean {
  return TEXT_PARTS.includes(((part ?? {}) as { readonly type?: unknown }).type);
}
