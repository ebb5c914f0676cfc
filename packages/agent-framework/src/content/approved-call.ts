import { getText, type JsonNode, objectNode, printNode, setMember, stringNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";
import type { Content } from "./content.ts";

/** The member by which Python recognizes the approval of a tool that an MCP server runs. */
const SERVER_LABEL = "server_label";

/** Returns the label of the server that runs the tool of an approval in Python, or `undefined` for a function. */
export function serverLabel({ kind, properties }: Content): string | undefined {
  const label = kind === "call" ? getText(properties, SERVER_LABEL) : undefined;
  return label === "" ? undefined : label;
}

/**
 * Returns the call of an approval as a language has it. C# asks for calls of an MCP server, and Python for calls of
 * functions that have the server's label. Each language runs any other call itself, or rejects every further run.
 */
export function adaptApprovedCall(call: Content, language: Language): Content {
  const label = serverLabel(call);
  const { callId, name, serverName, arguments: args } = call.fields;
  if (language === "csharp" && label !== undefined) {
    const properties = objectNode(call.properties.members.filter(([member]) => member !== SERVER_LABEL));
    const fields = { callId, name, serverName: stringNode(label), arguments: args };
    return { ...call, kind: "mcpCall", fields, properties };
  }
  if (language === "python" && call.kind === "mcpCall" && serverName !== undefined) {
    const properties = setMember(call.properties, SERVER_LABEL, serverName);
    return { ...call, kind: "call", fields: { callId, name, arguments: toText(args) }, properties };
  }
  return call;
}

function toText(args: JsonNode | undefined): JsonNode {
  if (args === undefined) return stringNode("{}");
  return args.type === "string" ? args : stringNode(printNode(args));
}
