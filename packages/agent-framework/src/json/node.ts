/**
 * A JSON value that keeps the details which a JavaScript value loses: the order of members with names such as `"1"`,
 * repeated names, and the notation of numbers. Names are data and never properties, so `__proto__` is not special.
 */
export type JsonNode = ObjectNode | ArrayNode | StringNode | BareNode;

export interface ObjectNode {
  readonly type: "object";
  readonly members: readonly Member[];
}

export type Member = readonly [name: string, value: JsonNode];

export interface ArrayNode {
  readonly type: "array";
  readonly items: readonly JsonNode[];
}

export interface StringNode {
  readonly type: "string";
  readonly value: string;
}

/** A number in its original notation, or `true`, `false` or `null`. */
export interface BareNode {
  readonly type: "number" | "boolean" | "null";
  readonly text: string;
}

export const NULL_NODE: BareNode = { type: "null", text: "null" };

export function stringNode(value: string): StringNode {
  return { type: "string", value };
}

export function booleanNode(value: boolean): BareNode {
  return { type: "boolean", text: String(value) };
}

export function arrayNode(items: readonly JsonNode[]): ArrayNode {
  return { type: "array", items };
}

/** Creates an object. Members without a value are left out. */
export function objectNode(members: readonly (readonly [string, JsonNode | undefined])[]): ObjectNode {
  return { type: "object", members: members.filter((member): member is Member => member[1] !== undefined) };
}

/** Returns compact JSON text. It is canonical except that the order of members matters. */
export function printNode(node: JsonNode): string {
  switch (node.type) {
    case "object":
      return `{${node.members.map(([name, value]) => `${JSON.stringify(name)}:${printNode(value)}`).join(",")}}`;
    case "array":
      return `[${node.items.map(printNode).join(",")}]`;
    case "string":
      return JSON.stringify(node.value);
    default:
      return node.text;
  }
}

/** Returns the value of a member. If the name is repeated, the last one counts, as in `JSON.parse`. */
export function getMember(node: JsonNode | undefined, name: string): JsonNode | undefined {
  return node?.type === "object" ? node.members.findLast(([other]) => other === name)?.[1] : undefined;
}

/** Returns the object with a member replaced at its position, or appended. */
export function setMember(node: ObjectNode, name: string, value: JsonNode): ObjectNode {
  const position = node.members.findLastIndex(([other]) => other === name);
  const member: Member = [name, value];
  const members = position === -1 ? [...node.members, member] : node.members.with(position, member);
  return { type: "object", members };
}

/** Returns the value of a string member, or `undefined` if it is missing or of another type. */
export function getText(node: JsonNode | undefined, name: string): string | undefined {
  const member = getMember(node, name);
  return member?.type === "string" ? member.value : undefined;
}

/** Returns whether a value carries no information: missing, `null`, or an empty array or object. */
export function isBlank(node: JsonNode | undefined): boolean {
  if (node === undefined || node.type === "null") return true;
  if (node.type === "object") return node.members.length === 0;
  return node.type === "array" && node.items.length === 0;
}

/** Returns a node as a JavaScript value without its members and items, to describe its kind in messages. */
export function shallowValue(
  node: JsonNode | undefined,
): null | boolean | number | string | object | undefined {
  switch (node?.type) {
    case "object":
      return {};
    case "array":
      return [];
    case "string":
      return node.value;
    case "number":
      return Number(node.text);
    case "boolean":
      return node.text === "true";
    case "null":
      return null;
    default:
      return undefined;
  }
}
