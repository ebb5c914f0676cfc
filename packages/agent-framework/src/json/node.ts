/**
 * A value of JSON that keeps what a JavaScript value loses: the order of members with names like `"1"`, names that
 * occur twice, and numbers as they were written. Names are data here and never properties, so `__proto__` is one
 * like any other.
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

/** A number as it was written, or `true`, `false` or `null`. */
export interface BareNode {
  readonly type: "number" | "boolean" | "null";
  readonly text: string;
}

export const nullNode: BareNode = { type: "null", text: "null" };

export function stringNode(value: string): StringNode {
  return { type: "string", value };
}

export function booleanNode(value: boolean): BareNode {
  return { type: "boolean", text: String(value) };
}

export function arrayNode(items: readonly JsonNode[]): ArrayNode {
  return { type: "array", items };
}

/** An object of the members whose value is there. */
export function objectNode(members: readonly (readonly [string, JsonNode | undefined])[]): ObjectNode {
  return { type: "object", members: members.filter((member): member is Member => member[1] !== undefined) };
}

/** The compact JSON text of a node: its canonical form, in which order counts and white space does not. */
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

/** The value of a member; of a name that occurs twice the last one, as all readers of JSON here have it. */
export function getMember(node: JsonNode | undefined, name: string): JsonNode | undefined {
  return node?.type === "object" ? node.members.findLast(([found]) => found === name)?.[1] : undefined;
}

/** The node with another value of a member, in its place, or at the end when there was none. */
export function setMember(node: ObjectNode, name: string, value: JsonNode): ObjectNode {
  const position = node.members.findLastIndex(([found]) => found === name);
  const member: Member = [name, value];
  const members = position === -1 ? [...node.members, member] : node.members.with(position, member);
  return { type: "object", members };
}

/** What a member of text says; `undefined` when it is absent or of another type. */
export function getText(node: JsonNode | undefined, name: string): string | undefined {
  const member = getMember(node, name);
  return member?.type === "string" ? member.value : undefined;
}

/** Whether there is nothing to lose: no value, `null`, or an empty list or object. */
export function isBlank(node: JsonNode | undefined): boolean {
  if (node === undefined || node.type === "null") return true;
  if (node.type === "object") return node.members.length === 0;
  return node.type === "array" && node.items.length === 0;
}

/** A path with one more member, in the notation of the errors: `$.a`, `$["a b"]`. */
export function memberPath(path: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name)
    ? `${path}.${name}`
    : `${path}[${JSON.stringify(name.slice(0, 80).toWellFormed())}]`;
}

/** What kind of thing a node is, for an error: never its content. */
export function describeNode(node: JsonNode | undefined): string {
  if (node === undefined) return "nothing";
  if (node.type === "null") return "null";
  return node.type === "object" || node.type === "array" ? `an ${node.type}` : `a ${node.type}`;
}
