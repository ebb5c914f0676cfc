import { invalid } from "../interchange-error.ts";
import {
  arrayNode,
  describeNode,
  getMember,
  printNode,
  setMember,
  type JsonNode,
  type ObjectNode,
} from "../json/node.ts";
import { parseNode } from "../json/parse.ts";

/**
 * Agent Framework's messages as they are kept in a thread: as text, which keeps what a JSON object loses. A
 * content that can be made again from the conversation is left out; its position among those stands for it, so
 * that an image is not in the thread twice. `undefined` when there is nothing to keep: the messages as a whole
 * can be made again.
 */
export function packOriginals(
  messages: readonly ObjectNode[],
  remade: readonly ObjectNode[],
): readonly string[] | undefined {
  const texts = messages.map(printNode);
  const remadeTexts = remade.map(printNode);
  if (texts.length === remadeTexts.length && texts.every((text, index) => text === remadeTexts[index]))
    return undefined;
  const positions = findPositions(remade);
  return messages.map((message) => {
    const packed = replaceContents(message, (content) => {
      const position = positions.get(printNode(content))?.pop();
      return position === undefined ? content : { type: "number", text: String(position) };
    });
    return printNode(packed);
  });
}

/** The positions of each content, the last first. */
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

/** The messages as they were. Throws `THREAD_INVALID` where what was kept is damaged. */
export function unpackOriginals(
  originals: readonly string[],
  remade: readonly ObjectNode[],
  path: string,
): readonly ObjectNode[] {
  const contents = listContents(remade);
  return originals.map((original, index) => {
    const originalPath = `${path}[${index}]`;
    const message = parseNode(original, originalPath);
    if (message.type !== "object") throw invalid(originalPath, "a message", describeNode(message));
    return replaceContents(message, (content) => {
      if (content.type !== "number") return content;
      const found = contents[Number(content.text)];
      if (found === undefined) throw invalid(originalPath, "the position of a content", "another number");
      return found;
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
