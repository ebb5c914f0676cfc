import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/**
 * Migrates a message of version 4 of the AI SDK, which had its text in `content`, to parts. Returns the same message
 * if there is nothing to migrate.
 */
export function migrateMessage(message: JsonObject): JsonObject {
  const { parts, content, reasoning, toolInvocations, experimental_attachments: attachments } = message;
  const isOld = !Array.isArray(parts) && typeof content === "string";
  if (!isOld && !(Array.isArray(parts) && parts.some(isOldPart))) return message;
  const oldParts = isOld
    ? [
        ...(typeof reasoning === "string" ? [{ type: "reasoning", reasoning }] : []),
        ...listOf(toolInvocations).map((toolInvocation) => ({ type: "tool-invocation", toolInvocation })),
        ...(content === "" ? [] : [{ type: "text", text: content }]),
      ]
    : (parts as unknown[]);
  const files = listOf(attachments).map(({ url, contentType, name }) => {
    return { type: "file", url, mediaType: contentType ?? "application/octet-stream", filename: name };
  });
  const migrated = [...oldParts, ...files].map((part) => (isJsonObject(part) ? migratePart(part) : part));
  const {
    content: _content,
    reasoning: _reasoning,
    toolInvocations: _calls,
    experimental_attachments: _files,
    ...others
  } = message;
  return { ...others, parts: JSON.parse(JSON.stringify(migrated)) };
}

function isOldPart(part: unknown): boolean {
  if (!isJsonObject(part)) return false;
  const { type } = part;
  if (type === "tool-invocation" || type === "source") return true;
  return (type === "reasoning" && "reasoning" in part) || (type === "file" && "mimeType" in part);
}

function migratePart(part: JsonObject): object {
  if (!isOldPart(part)) return part;
  const { type, reasoning, toolInvocation, source, mimeType, data } = part;
  if (type === "reasoning") return { type, text: reasoning, state: "done" };
  if (type === "file")
    return { type, mediaType: mimeType, url: `data:${text(mimeType)};base64,${text(data)}` };
  if (type === "source") {
    const { id, url, title } = isJsonObject(source) ? source : {};
    return { type: "source-url", sourceId: id, url, title };
  }
  const { state, toolCallId, toolName, args, result } = isJsonObject(toolInvocation) ? toolInvocation : {};
  const call = { type: `tool-${text(toolName)}`, toolCallId, input: args };
  if (state === "result") return { ...call, state: "output-available", output: result ?? null };
  return { ...call, state: state === "call" ? "input-available" : "input-streaming" };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
