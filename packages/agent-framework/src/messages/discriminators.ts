import { memberPath } from "@threadstore/core/documents";
import type { JsonNode, Member, ObjectNode } from "../json/node.ts";
import type { Report } from "../report.ts";

/**
 * Moves `$type` to the front of each content item. C# always writes it first, and cannot read a content item
 * otherwise, but a store that reorders members, such as PostgreSQL's jsonb, moves it.
 */
export function moveTypesFirst(message: JsonNode, path: string, report: Report): JsonNode {
  if (message.type !== "object") return message;
  const members = message.members.map(([name, value]): Member => {
    if (name !== "contents" || value.type !== "array") return [name, value];
    const items = value.items.map((item, index) => {
      const reordered = reorder(item);
      if (reordered !== item) {
        report(
          "changed",
          memberPath(`${path}.contents`, index),
          "C# requires $type as the first member. It was moved there.",
        );
      }
      return reordered;
    });
    return [name, { type: "array", items }];
  });
  return { type: "object", members };
}

// Members that contain content items or annotations. Elsewhere, such as in arguments, $type is not a discriminator.
const NESTING_MEMBERS: readonly string[] = ["annotations", "functionCall", "inputs", "outputs", "toolCall"];

/** Moves `$type` to the front of a content item and of nested ones. Returns the same node if nothing changed. */
function reorder(node: JsonNode): JsonNode {
  if (node.type === "array") {
    const items = node.items.map(reorder);
    return items.every((item, index) => item === node.items[index]) ? node : { type: "array", items };
  }
  return node.type === "object" ? reorderObject(node) : node;
}

function reorderObject(node: ObjectNode): ObjectNode {
  const members = node.members.map(([name, value]): Member => [
    name,
    NESTING_MEMBERS.includes(name) ? reorder(value) : value,
  ]);
  const position = members.findIndex(([name, value]) => name === "$type" && value.type === "string");
  const type = members[position];
  if (type !== undefined && position > 0) {
    return { type: "object", members: [type, ...members.toSpliced(position, 1)] };
  }
  return members.every(([, value], index) => value === node.members[index]?.[1])
    ? node
    : { type: "object", members };
}
