import { createHash } from "node:crypto";
import { printNode, type JsonNode } from "../json/node.ts";

/**
 * By this a message is known again. The order of members does not count: some stores change it. 120 bits, which
 * is ample where nobody gains from a collision.
 */
export function fingerprint(message: JsonNode): string {
  return createHash("sha256")
    .update(printNode(sortMembers(message)))
    .digest("base64url")
    .slice(0, 20);
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
