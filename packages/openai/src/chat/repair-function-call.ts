import { type MessageEntry, type Repairer, toArgumentsText } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import { isToolName, toValidName } from "../sendable-call.ts";

/** Repairs the `function_call` of an assistant message, which `tool_calls` has replaced. Its result does not name it. */
export function repairFunctionCall(entry: MessageEntry, repairer: Repairer): void {
  const { function_call: call = null } = entry.value;
  if (call === null) return;
  const { position } = entry;
  const path = `${entry.path}.function_call`;
  const { name, arguments: text } = isJsonObject(call) ? call : {};
  if (!isJsonObject(call) || typeof name !== "string" || name === "") {
    const message = "The call does not name a function.";
    const drop = () => ({ description: removeCall(entry), action: "drop" }) as const;
    repairer.repair({ code: "call-invalid", path, position, message }, { rewrite: drop, drop });
    return;
  }
  if (!isToolName(name)) {
    const message = "Providers reject this name of a function.";
    const rewrite = () => ({
      description: setMember(entry, "name", toValidName(name)),
      name: toValidName(name),
    });
    const drop = () => removeCall(entry);
    repairer.repair({ code: "call-invalid", path, position, message }, { rewrite, drop });
  }
  if (typeof text === "string" || !("function_call" in entry.value)) return;
  const message = "The arguments are not a string.";
  const argumentsPath = `${path}.arguments`;
  const rewrite = () => setMember(entry, "arguments", toArgumentsText(text));
  const drop = () => removeCall(entry);
  repairer.repair({ code: "arguments-invalid", path: argumentsPath, position, message }, { rewrite, drop });
}

function setMember(entry: MessageEntry, member: string, value: JsonValue): string {
  const { function_call: call = null } = entry.value;
  const changed = { ...(isJsonObject(call) ? call : {}), [member]: value };
  entry.value = { ...entry.value, function_call: changed };
  entry.isChanged = true;
  return "A repair corrects it.";
}

function removeCall(entry: MessageEntry): string {
  const members = Object.entries(entry.value).filter(([member]) => member !== "function_call");
  entry.value = Object.fromEntries(members);
  entry.isChanged = true;
  return "A repair removes the call.";
}
