import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/**
 * Returns a content part as Chat Completions accepts it in a message of this role: parts of the Responses API and
 * refusals in messages of other roles are converted, and `undefined` is returned for a part that lacks what its type
 * requires. Parts of other types are those of compatible servers.
 */
export function toChatPart(part: JsonObject, role: string | undefined): JsonObject | undefined {
  const { type, text, image_url: image, refusal, file, input_audio: audio } = part;
  switch (type) {
    case "text":
      return typeof text === "string" ? part : undefined;
    // The types of the Responses API.
    case "input_text":
    case "output_text":
      return typeof text === "string" ? { type: "text", text } : undefined;
    case "input_image":
      return typeof image === "string" ? { type: "image_url", image_url: { url: image } } : undefined;
    case "image_url":
      // Some compatible servers accept the URL itself, and all of them the object.
      if (typeof image === "string") return { ...part, image_url: { url: image } };
      return isJsonObject(image) && typeof image["url"] === "string" ? part : undefined;
    case "refusal":
      if (typeof refusal !== "string") return undefined;
      return role === "assistant" ? part : { type: "text", text: refusal };
    case "input_audio":
      return isJsonObject(audio) && typeof audio["data"] === "string" ? part : undefined;
    case "file":
      return isJsonObject(file) ? part : undefined;
    // The types of Anthropic's calls and results, which are elsewhere in Chat Completions.
    case "tool_use":
    case "tool_result":
      return undefined;
    default:
      return part;
  }
}
