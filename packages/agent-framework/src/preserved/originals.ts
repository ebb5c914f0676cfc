import { memberPath } from "@threadstore/core/documents";
import { invalidThread } from "../interchange-error.ts";
import { invalidNode } from "../json/invalid-node.ts";
import { arrayNode, getMember, type JsonNode, type ObjectNode, printNode, setMember } from "../json/node.ts";
import { parseNode } from "../json/parse.ts";

/**
 * Returns Agent Framework's messages in the form in which a thread preserves them: as text, which keeps the details
 * that a JSON object loses. A content item that can be rebuilt from the conversation is replaced by its position
 * among the rebuilt ones, so that the thread does not contain an image twice. Returns `undefined` if all messages
 * can be rebuilt.
 */
export function packOriginals(
  messages: readonly ObjectNode[],
  rebuilt: readonly ObjectNode[],
): readonly string[] | undefined {
  const texts = messages.map(printNode);
  const rebuiltTexts = rebuilt.map(printNode);
  const areEqual = texts.every((text, index) => text === rebuiltTexts[index]);
  if (areEqual && texts.length === rebuiltTexts.length) return undefined;
  const positions = findPositions(rebuilt);
  return messages.map((message) => {
    const packed = replaceContents(message, (content) => {
      const position = positions.get(printNode(content))?.pop();
      return position === undefined ? content : { type: "number", text: String(position) };
    });
    return printNode(packed);
  });
}

/** Returns the positions of each content item in descending order. */
function findPositions(messages: readonly ObjectNode[]): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  for (const [position, content] of [...listContents(messages).entries()].toReversed()) {
    const text = printNode(content);
    const list = positions.get(text);
    if (list === undefined) positions.set(text, [position]);
    else list.push(position);
  }
  return positions;
}

/** Returns the original messages. Throws `THREAD_INVALID` if their preserved form is corrupt. */
export function unpackOriginals(
  originals: readonly string[],
  rebuilt: readonly ObjectNode[],
  path: string,
): readonly ObjectNode[] {
  const contents = listContents(rebuilt);
  return originals.map((original, index) => {
    const originalPath = memberPath(path, index);
    const message = parseNode(original, originalPath);
    if (message.type !== "object") throw invalidNode(originalPath, "a message", message);
    return replaceContents(message, (packed) => {
      if (packed.type !== "number") return packed;
      const content = contents[Number(packed.text)];
      if (content !== undefined) return content;
      throw invalidThread(originalPath, `\`${originalPath}\` refers to a content item that does not exist.`);
    });
  });
}

function listContents(messages: readonly ObjectNode[]): JsonNode[] {
  return messages.flatMap((message) => {
    const contents = getMember(message, "contents");
    return contents?.type === "array" ? contents.items : [];
  });
}

function replaceContents(message: ObjectNode, replace: (content: JsonNode) => JsonNode): ObjectNode {
  const contents = getMember(message, "contents");
  if (contents?.type !== "array") return message;
  return setMember(message, "contents", arrayNode(contents.items.map(replace)));
}
