import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const packageFolder: string = fileURLToPath(new URL("..", import.meta.url));

const readme = readFileSync(join(packageFolder, "README.md"), "utf8");

/** Returns the first code block in a language. */
export function readmeBlock(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(readme) ?? [];
  if (code === undefined) throw new Error(`The README does not have a code block in ${language}.`);
  return code;
}

/** Returns the README's permissions as rules of an access control list, for keys that begin with `prefix`. */
export function readmePermissions(prefix: string): string {
  const [, rules] = /^ACL SETUSER threads on >PASSWORD (.+)$/mu.exec(readme) ?? [];
  if (rules?.includes("~threadstore:{*") !== true) throw new Error("The README does not have an ACL line.");
  return rules.replace("~threadstore:{*", `~${prefix}*`);
}

/** Returns the additional permissions for a Cluster. */
export function readmeClusterPermissions(): string {
  const [, rules] = /^For a Cluster, `(.+?)`/mu.exec(readme) ?? [];
  if (rules === undefined) throw new Error("The README does not list the permissions for a Cluster.");
  return rules;
}
