import type { JsonNode, Member, ObjectNode } from "../json/node.ts";
import type { Report } from "../report.ts";

/**
 * C# reads a content only if `$type` is its first member, and always writes it so. A store that orders members,
 * such as PostgreSQL's jsonb, moves it; here it is put back.
 */
export function putTypesFirst(message: JsonNode, path: string, report: Report): JsonNode {
  if (message.type !== "object") return message;
  const members = message.members.map(([name, value]): Member => {
    if (name !== "contents" || value.type !== "array") return [name, value];
    const items = value.items.map((item, index) => {
      const ordered = order(item);
      if (ordered !== item) {
        report(
          "changed",
          `${path}.contents[${index}]`,
          "$type was not the first member, as C# demands; now it is.",
        );
      }
      return ordered;
    });
    return [name, { type: "array", items }];
  });
  return { type: "object", members };
}

// What holds contents or annotations in turn. Elsewhere, as in arguments, the name is nobody's discriminator.
const nestingMembers: readonly string[] = ["annotations", "functionCall", "inputs", "outputs", "toolCall"];

/** The content with `$type` in front, and so the contents within it; the same node where nothing changed. */
function order(node: JsonNode): JsonNode {
  if (node.type === "array") {
    const items = node.items.map(order);
    return items.every((item, index) => item === node.items[index]) ? node : { type: "array", items };
  }
  return node.type === "object" ? orderObject(node) : node;
}

function orderObject(node: ObjectNode): ObjectNode {
  const members = node.members.map(([name, value]): Member => [
    name,
    nestingMembers.includes(name) ? order(value) : value,
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
