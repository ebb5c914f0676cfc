import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { type Content, stringOf, textOf } from "./entry.ts";

const MEDIA_TYPE = /^[a-z]+\/[\w.+-]+$/iu;
/** A URL that a page can open. */
const IS_URL = /^(?:data|https?):/iu;
const BASE64 = /^[\w+/=-]*$/u;
const DATA_URL = /^data:([a-z]+\/[\w.+-]+)?[^,]*;base64,[\w+/=-]*$/iu;

/** The description of an image or a file in a part. */
interface Media {
  /** A URL, also one with data, or the data in base64. */
  readonly source?: string | undefined;
  readonly mediaType?: string | undefined;
  readonly name?: string | undefined;
  /** Whether it is an image, although its media type is unknown. */
  readonly isImage?: boolean;
}

type Link = { readonly data: string } | { readonly url: string };

/** Returns an image or a file. Its source is only a data URL or an HTTP URL, because pages open it. */
function mediaContent({ source = "", mediaType, name, isImage = false }: Media): Content {
  const type = mediaTypeOf(source, mediaType);
  const link = linkOf(source, type ?? (isImage ? "image/png" : "application/octet-stream"));
  const isPicture = type === undefined ? isImage : type.startsWith("image/");
  if (isPicture && link !== undefined) {
    return { kind: "image", ...(type === undefined ? {} : { mediaType: type }), source: link };
  }
  // All other sources are references, such as the id of a file at a provider.
  const label = name ?? (link === undefined && source.length <= MAX_REFERENCE ? source : "");
  return {
    kind: "file",
    ...(label === "" ? {} : { name: label }),
    ...(type === undefined ? {} : { mediaType: type }),
    ...link,
  };
}

const MAX_REFERENCE = 200;

function mediaTypeOf(source: string, declared: string | undefined): string | undefined {
  const type = DATA_URL.exec(source)?.[1] ?? declared;
  return type !== undefined && MEDIA_TYPE.test(type) ? type.toLowerCase() : undefined;
}

function linkOf(source: string, mediaType: string): Link | undefined {
  if (/^https?:\/\//iu.test(source)) return { url: source };
  if (DATA_URL.test(source)) return { data: source };
  const isData = source.length > MAX_REFERENCE && BASE64.test(source);
  return isData ? { data: `data:${mediaType};base64,${source}` } : undefined;
}

/** Returns data in base64, which may be shorter than a reference. */
function base64Content(data: string, mediaType: string | undefined, name?: string): Content {
  const type = mediaType !== undefined && MEDIA_TYPE.test(mediaType) ? mediaType : "application/octet-stream";
  return BASE64.test(data)
    ? mediaContent({ source: `data:${type};base64,${data}`, mediaType, name })
    : mediaContent({ source: data, mediaType, name });
}

/** Reads the image or file of a part of any API; `undefined` if the part is something else. */
export function mediaOf(part: JsonObject): Content | undefined {
  const { type } = part;
  return (typeof type === "string" ? READERS.get(type)?.(part) : undefined) ?? untypedMedia(part);
}

type Reader = (part: JsonObject) => Content | undefined;

/** Images and files by the type of their parts. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["image_url", ({ image_url: image }) => imageOf(isJsonObject(image) ? image["url"] : image)],
  ["input_image", (part) => imageOf(part["image_url"] ?? part["image"] ?? part["file_id"] ?? part["id"])],
  ["computer_screenshot", (part) => imageOf(part["image_url"] ?? part["image"] ?? part["data"])],
  ["image", imagePart],
  [
    "document",
    ({ source, title }) => (isJsonObject(source) ? sourceContent(source, title, false) : undefined),
  ],
  ["file", filePart],
  ["input_file", (part) => filePart({ file: part })],
  ["input_audio", ({ input_audio: audio }) => audioPart(audio)],
  ["media", filePart],
  ["image-data", filePart],
  ["file-data", filePart],
  ["image-url", filePart],
  ["file-url", filePart],
]);

function imageOf(value: unknown): Content {
  if (isJsonObject(value)) return { ...imagePart(value) };
  return mediaContent({ source: textOf(value), isImage: true });
}

/** Reads an image of Anthropic, the AI SDK, LangChain, MCP or the Agents SDK. */
function imagePart(part: JsonObject): Content {
  const { source, image } = part;
  if (isJsonObject(source)) return sourceContent(source, undefined, true);
  if (isJsonObject(image)) return imagePart(image);
  const mediaType = stringOf(part, "mediaType", "mimeType", "mime_type", "media_type");
  const data = stringOf(part, "data", "base64", "image");
  if (data !== undefined && !IS_URL.test(data)) return base64Content(data, mediaType ?? "image/png");
  return mediaContent({
    source: data ?? stringOf(part, "url", "image_url", "file_id", "id"),
    mediaType,
    isImage: true,
  });
}

/** Reads the `source` of Anthropic. */
function sourceContent(source: JsonObject, title: unknown, isImage: boolean): Content {
  const { data, media_type: declared, url, file_id: id } = source;
  const mediaType = typeof declared === "string" ? declared : undefined;
  const name = typeof title === "string" ? title : undefined;
  if (typeof data === "string" && source["type"] === "base64") return base64Content(data, mediaType, name);
  return mediaContent({ source: textOf(url ?? id), mediaType, name, isImage });
}

function filePart(part: JsonObject): Content {
  const { file } = part;
  if (isJsonObject(file)) return filePart(file);
  const mediaType = stringOf(part, "mediaType", "mimeType", "mime_type", "media_type");
  const name = stringOf(part, "filename", "name", "file_id");
  const data = stringOf(part, "data", "file_data", "base64");
  if (data !== undefined && !IS_URL.test(data)) return base64Content(data, mediaType, name);
  return mediaContent({ source: data ?? stringOf(part, "url", "file_url", "file", "id"), mediaType, name });
}

function audioPart(audio: unknown): Content | undefined {
  if (!isJsonObject(audio)) return undefined;
  const format = textOf(audio["format"]);
  return base64Content(textOf(audio["data"]), `audio/${format === "" ? "mpeg" : format}`);
}

/** Reads parts whose kind is the name of a member, as those of Gemini, Genkit and Strands. */
function untypedMedia(part: JsonObject): Content | undefined {
  const { inlineData, fileData, media, image, document } = part;
  if (isJsonObject(inlineData)) {
    return base64Content(textOf(inlineData["data"]), textOf(inlineData["mimeType"]));
  }
  if (isJsonObject(fileData)) {
    return mediaContent({ source: textOf(fileData["fileUri"]), mediaType: textOf(fileData["mimeType"]) });
  }
  if (isJsonObject(media)) {
    return mediaContent({ source: textOf(media["url"]), mediaType: textOf(media["contentType"]) });
  }
  if (isJsonObject(image)) return bedrockContent(image, "image");
  return isJsonObject(document) ? bedrockContent(document, "application") : undefined;
}

function bedrockContent({ format, source, name }: JsonObject, family: string): Content {
  const bytes = isJsonObject(source) ? source["bytes"] : undefined;
  return base64Content(
    typeof bytes === "string" ? bytes : "",
    `${family}/${textOf(format)}`,
    textOf(name) || undefined,
  );
}
