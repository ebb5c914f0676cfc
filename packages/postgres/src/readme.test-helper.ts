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
