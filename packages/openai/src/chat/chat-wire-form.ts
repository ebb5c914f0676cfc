import { MESSAGE_FORM, type MessageEntry, type Repairer, type WireForm } from "@threadstore/agent/provider";
import { isJsonObject } from "@threadstore/core/documents";
import { CHAT_ROLES } from "./chat-message.ts";
import { toChatPart } from "./chat-parts.ts";
import { repairFunctionCall } from "./repair-function-call.ts";

/** The messages of Chat Completions. */
export const CHAT_WIRE_FORM: WireForm = { ...MESSAGE_FORM, checkRole, toPart: toChatPart };

function checkRole(entry: MessageEntry, repairer: Repairer): boolean {
  const { value, path, position } = entry;
  const { role, name } = value;
  if (role === "assistant") {
    checkOutput(entry, repairer);
    repairFunctionCall(entry, repairer);
  }
  const drop = "A repair drops the message.";
  if (typeof role !== "string" || !CHAT_ROLES.includes(role)) {
    const message = "Chat Completions does not support this role.";
    repairer.repair({ code: "role-unknown", path: `${path}.role`, position, message }, { drop });
    return false;
  }
  if (role !== "function" || typeof name === "string") return true;
  const message = "The function result does not name the function.";
  repairer.repair({ code: "message-invalid", path, position, message }, { drop });
  return false;
}

/** Reports members of the model's output that are of the wrong type. */
function checkOutput(entry: MessageEntry, repairer: Repairer): void {
  const { path, position } = entry;
  const { refusal = null, audio = null } = entry.value;
  const isAudio = audio === null || (isJsonObject(audio) && typeof audio["id"] === "string");
  const invalid = [
    ...(refusal === null || typeof refusal === "string" ? [] : ["refusal"]),
    ...(isAudio ? [] : ["audio"]),
  ];
  for (const name of invalid) {
    const message = "Chat Completions does not accept this value.";
    const drop = (): string => {
      const members = Object.entries(entry.value).filter(([member]) => member !== name);
      entry.value = Object.fromEntries(members);
      entry.isChanged = true;
      return "A repair removes the member.";
    };
    repairer.repair({ code: "member-unsupported", path: `${path}.${name}`, position, message }, { drop });
  }
}
