import type { AgentErrorCode } from "@threadstore/agent";
import { invalidValue } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** Checks that a member is a string. Throws an error of `code` with its path. */
export function requireString(object: JsonObject, member: string, path: string, code: AgentErrorCode): void {
  if (typeof object[member] === "string") return;
  throw invalidValue(code, `${path}.${member}`, "a string", object[member]);
}

/** Checks that content is a string or an array of parts with a type. Throws an error of `code` with the path. */
export function checkContent(content: JsonValue | undefined, path: string, code: AgentErrorCode): void {
  if (typeof content === "string") return;
  if (!Array.isArray(content)) throw invalidValue(code, path, "a string or an array of parts", content);
  content.forEach((part, index) => {
    const partPath = `${path}[${index}]`;
    if (!isJsonObject(part)) throw invalidValue(code, partPath, "a content part", part);
    requireString(part, "type", partPath, code);
  });
}

/** Checks that a role is one of `roles`. Throws an error of `code` with the path. */
export function requireRole(
  role: JsonValue | undefined,
  roles: readonly string[],
  path: string,
  code: AgentErrorCode,
): void {
  if (typeof role === "string" && roles.includes(role)) return;
  const value = typeof role === "string" ? [] : [role];
  throw invalidValue(code, path, `one of ${roles.join(", ")}`, ...value);
}
