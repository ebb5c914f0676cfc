import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

const TEXT_TYPES: ReadonlySet<unknown> = new Set(["input_text", "output_text", "summary_text", "text"]);

/**
 * Returns a content part as the Responses API accepts it in a message of this role, or in a result: parts of Chat
 * Completions, and of messages of other roles, are converted, and `undefined` is returned for any other part. The API
 * rejects a request that contains one (https://github.com/MervinPraison/PraisonAI/issues/3934).
 */
export function toResponsePart(part: JsonObject, role: string | undefined): JsonObject | undefined {
  return role === "assistant" ? toOutputPart(part) : toInputPart(part);
}

function toOutputPart(part: JsonObject): JsonObject | undefined {
  const { type, text, refusal } = part;
  if (type === "refusal") return typeof refusal === "string" ? part : undefined;
  if (!TEXT_TYPES.has(type) || typeof text !== "string") return undefined;
  return type === "output_text" ? part : { type: "output_text", text };
}

function toInputPart(part: JsonObject): JsonObject | undefined {
  const { type, text, refusal, image_url: image, file_id: id } = part;
  if (TEXT_TYPES.has(type)) {
    if (typeof text !== "string") return undefined;
    return type === "input_text" ? part : { type: "input_text", text };
  }
  switch (type) {
    case "refusal":
      return typeof refusal === "string" ? { type: "input_text", text: refusal } : undefined;
    case "image_url": {
      const url = isJsonObject(image) ? image["url"] : image;
      return typeof url === "string" ? { type: "input_image", image_url: url, detail: "auto" } : undefined;
    }
    case "input_image":
    case "computer_screenshot":
      return typeof image === "string" || typeof id === "string" ? part : undefined;
    case "input_file":
      return [id, part["file_url"], part["file_data"]].some((value) => typeof value === "string")
        ? part
        : undefined;
    case "input_audio":
      return isJsonObject(part["input_audio"]) ? part : undefined;
    case "encrypted_content":
      return part;
    default:
      return undefined;
  }
}
