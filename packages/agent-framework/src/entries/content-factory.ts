import { type Content, type Fields, newContent } from "../content/content.ts";
import type { ContentKind } from "../content/kind-rule.ts";
import { printContent } from "../content/print-content.ts";
import { getMember, objectNode, type ObjectNode, setMember, stringNode } from "../json/node.ts";
import { printMessage } from "../messages/print-message.ts";
import { discardReport } from "../report.ts";
import type { Dialect } from "../shapes/shape.ts";
import { type ContentEntry, type MessageEntry, newMessageEntry } from "./entries.ts";

/** Creates content items and messages in a dialect. */
export class ContentFactory {
  readonly #dialect: Dialect;
  #count = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  content(kind: ContentKind, fields: Fields, path: string): ContentEntry {
    return this.copy(newContent(kind, path, fields));
  }

  /** Creates a content item that was read before. */
  copy(content: Content): ContentEntry {
    this.#count += 1;
    const node = printContent(content, { dialect: this.#dialect, report: discardReport });
    return { key: `new ${this.#count}`, path: content.path, node: node ?? objectNode([]) };
  }

  approval(kind: "approvalRequest" | "approvalResponse", fields: Fields, call: Content): ContentEntry {
    return this.copy({ ...newContent(kind, call.path, fields), call });
  }

  result(callId: string, text: string, path: string): ContentEntry {
    return this.content("result", { callId: stringNode(callId), result: stringNode(text) }, path);
  }

  text(text: string, path: string): ContentEntry {
    return this.content("text", { text: stringNode(text) }, path);
  }

  message(role: string, content: ContentEntry): MessageEntry {
    const { path } = content;
    const message = {
      role,
      authorName: undefined,
      messageId: undefined,
      createdAt: undefined,
      properties: objectNode([]),
      contents: [],
      isExcluded: false,
      unknownMembers: [],
      path,
    };
    const node = printMessage(message, { dialect: this.#dialect, report: discardReport });
    return newMessageEntry(node ?? objectNode([]), path, [content]);
  }
}

export function setRole(node: ObjectNode, role: string): ObjectNode {
  const value = stringNode(role);
  const current = getMember(node, "role");
  // The first Python version writes roles as objects.
  return setMember(node, "role", current?.type === "object" ? setMember(current, "value", value) : value);
}
