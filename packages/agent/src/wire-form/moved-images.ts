import { isJsonObject } from "@threadstore/core/documents";
import type { MessageEntry } from "./message-entry.ts";

/** The first part of a user message that a repair adds for the images of results. */
export const IMAGES_OF_RESULTS = "Images of the tool results above:";

/** Returns whether a repair added the message. */
export function isMovedImages({ value }: MessageEntry): boolean {
  const { content } = value;
  const first = Array.isArray(content) ? content[0] : undefined;
  return first !== undefined && isJsonObject(first) && first["text"] === IMAGES_OF_RESULTS;
}
