import { quoteName } from "@threadstore/core/documents";
import { printContent, type PrintTarget } from "../content/print-content.ts";
import {
  arrayNode,
  isBlank,
  NULL_NODE,
  objectNode,
  stringNode,
  type JsonNode,
  type ObjectNode,
} from "../json/node.ts";
import type { Message } from "./message.ts";

/** Writes a message in a dialect and reports losses. Returns `undefined` if the dialect cannot represent it. */
export function printMessage(message: Message, target: PrintTarget): ObjectNode | undefined {
  const { report, dialect } = target;
  if (message.isExcluded && dialect === "csharp") {
    report("lost", message.path, "Compaction excluded this message, but C# would send it to the model.");
    return undefined;
  }
  for (const name of message.unknownMembers) {
    report("lost", message.path, `The target does not have the member ${quoteName(name)} of a message.`);
  }
  const contents = message.contents
    .map((content) => printContent(content, target))
    .filter((content) => content !== undefined);
  if (dialect === "csharp") return printCsharp(message, arrayNode(contents));
  if (message.createdAt !== undefined) {
    report("lost", `${message.path}.createdAt`, "Python does not have the time of a message.");
  }
  return dialect === "python-session"
    ? printPythonSession(message, arrayNode(contents))
    : printPythonThread(message, arrayNode(contents));
}

function printCsharp(message: Message, contents: JsonNode): ObjectNode {
  return objectNode([
    ["authorName", optionalText(message.authorName)],
    ["createdAt", message.createdAt],
    ["role", stringNode(message.role)],
    ["contents", contents],
    ["messageId", optionalText(message.messageId)],
    ["additionalProperties", isBlank(message.properties) ? undefined : message.properties],
  ]);
}

function printPythonSession(message: Message, contents: JsonNode): ObjectNode {
  return objectNode([
    ["role", stringNode(message.role)],
    ["contents", contents],
    ["author_name", optionalText(message.authorName)],
    ["message_id", optionalText(message.messageId)],
    ["additional_properties", message.properties],
    ["type", stringNode("message")],
  ]);
}

function printPythonThread(message: Message, contents: JsonNode): ObjectNode {
  return objectNode([
    ["type", stringNode("chat_message")],
    [
      "role",
      objectNode([
        ["type", stringNode("role")],
        ["value", stringNode(message.role)],
      ]),
    ],
    ["contents", contents],
    ["author_name", optionalText(message.authorName) ?? NULL_NODE],
    ["message_id", optionalText(message.messageId) ?? NULL_NODE],
    ["additional_properties", message.properties],
  ]);
}

function optionalText(text: string | undefined): JsonNode | undefined {
  return text === undefined ? undefined : stringNode(text);
}
