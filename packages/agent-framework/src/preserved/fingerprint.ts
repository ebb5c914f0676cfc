import { textDigest } from "@threadstore/core/documents";
import { type JsonNode, printNode } from "../json/node.ts";

/**
 * Returns a hash by which a message is recognized, regardless of the order of its members, which some stores
 * change. 120 bits are enough because a collision benefits no attacker.
 */
export function fingerprint(message: JsonNode): string {
  return textDigest(printNode(sortMembers(message))).slice(0, 20);
}

function sortMembers(node: JsonNode): JsonNode {
  if (node.type === "array") return { type: "array", items: node.items.map(sortMembers) };
  if (node.type !== "object") return node;
  const members = node.members.map(([name, value]) => [name, sortMembers(value)] as const);
  return {
    type: "object",
    members: members.toSorted(([left], [right]) => (left < right ? -1 : Number(left > right))),
  };
}
