import { newContent, type Fields } from "../content/content.ts";
import type { ContentKind } from "../content/kinds.ts";
import { printContent } from "../content/print-content.ts";
import { getMember, objectNode, setMember, stringNode, type ObjectNode } from "../json/node.ts";
import { printMessage } from "../messages/print-message.ts";
import { unreported } from "../report.ts";
import type { Dialect } from "../shapes/shape.ts";
import { newItem, type Item, type Slot } from "./working-copy.ts";

/** Makes contents and messages as a dialect has them. */
export class Maker {
  readonly #dialect: Dialect;
  #count = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  slot(kind: ContentKind, fields: Fields, path: string): Slot {
    this.#count += 1;
    const node = printContent(newContent(kind, path, fields), { dialect: this.#dialect, report: unreported });
    return { key: `new ${this.#count}`, path, node: node ?? objectNode([]) };
  }

  result(callId: string, text: string, path: string): Slot {
    return this.slot("result", { callId: stringNode(callId), result: stringNode(text) }, path);
  }

  text(text: string, path: string): Slot {
    return this.slot("text", { text: stringNode(text) }, path);
  }

  item(role: string, slot: Slot): Item {
    const { path } = slot;
    const none = { authorName: undefined, messageId: undefined, createdAt: undefined };
    const message = { role, ...none, properties: objectNode([]), contents: [], unknownMembers: [], path };
    return newItem(printMessage(message, { dialect: this.#dialect, report: unreported }), path, [slot]);
  }
}

export function setRole(node: ObjectNode, role: string): ObjectNode {
  const value = stringNode(role);
  const found = getMember(node, "role");
  // The first Python writes roles as objects.
  return setMember(node, "role", found?.type === "object" ? setMember(found, "value", value) : value);
}
