import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const packageFolder: string = fileURLToPath(new URL("..", import.meta.url));

const readme = readFileSync(join(packageFolder, "README.md"), "utf8");

/** The first block of code in a language. */
export function readmeBlock(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(readme) ?? [];
  if (code === undefined) throw new Error(`The README has no block in ${language}.`);
  return code;
}

/**
 * What the README lets a user of the store do, as rules of an access control list, for keys that begin with something
 * of the tests' own.
 */
export function readmePermissions(prefix: string): string {
  const [, rules] = /^ACL SETUSER threads on >PASSWORD (.+)$/mu.exec(readme) ?? [];
  if (rules?.includes("~threadstore:{*") !== true) throw new Error("The README has no ACL line.");
  return rules.replace("~threadstore:{*", `~${prefix}*`);
}

/** What it adds to them for a Cluster. */
export function readmeClusterPermissions(): string {
  const [, rules] = /^For a Cluster, `(.+?)`/mu.exec(readme) ?? [];
  if (rules === undefined) throw new Error("The README does not tell a Cluster's permissions.");
  return rules;
}
