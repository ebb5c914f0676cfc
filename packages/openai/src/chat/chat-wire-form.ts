import { MESSAGE_FORM, type MessageEntry, type Repairer, type WireForm } from "@threadstore/agent/provider";
import { CHAT_ROLES } from "./chat-message.ts";
import { toChatPart } from "./chat-parts.ts";

/** The messages of Chat Completions. */
export const CHAT_WIRE_FORM: WireForm = { ...MESSAGE_FORM, checkRole, toPart: toChatPart };

function checkRole({ value, path, position }: MessageEntry, repairer: Repairer): boolean {
  const { role, name } = value;
  const drop = "Dropped the message.";
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
