import { messageForm, type Entry, type Mender, type Wire } from "@threadstore/agent/provider";

/** Messages of Chat Completions. */
export const chatWire: Wire = { ...messageForm, mendRole };

const roles: ReadonlySet<string> = new Set(["assistant", "developer", "function", "system", "tool", "user"]);

function mendRole({ message, path, position }: Entry, mender: Mender): boolean {
  const { role, name } = message;
  const drop = "the message was dropped";
  if (typeof role !== "string" || !roles.has(role)) {
    const what = "the role is none of Chat Completions";
    mender.mend({ code: "role-unknown", path: `${path}.role`, position, message: what }, { drop });
    return false;
  }
  if (role !== "function" || typeof name === "string") return true;
  const what = "this result of a function does not name the function";
  mender.mend({ code: "message-invalid", path, position, message: what }, { drop });
  return false;
}
