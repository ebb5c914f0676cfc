// Publishes bundles: docs/decisions/0085-cold-start.md. The lock file contains the checksum of this file.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export const hooks = {
  beforePacking(manifest, folder) {
    // The workspace's version of Node.js, because npx runs pnpm with any.
    const node = join(import.meta.dirname, "node_modules/.bin/node");
    const bundle = join(import.meta.dirname, "tooling/cold-start/bundle.ts");
    const output = execFileSync(node, [bundle, folder], {
      input: JSON.stringify(manifest),
      encoding: "utf8",
    });
    return JSON.parse(output);
  },
};
