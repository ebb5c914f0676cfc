// Writes docs/kill-matrix.md anew: npm run docs:kill-matrix.
import { writeFile } from "node:fs/promises";
import { cases } from "../../index.ts";
import { zoo } from "./index.ts";
import { killMatrix, page } from "./kill-matrix.ts";

await writeFile(page, killMatrix(zoo, cases));
process.stdout.write(`${page.pathname} tells of ${zoo.length} broken stores and ${cases.length} cases.\n`);
// The servers of some of the stores would go on.
process.exit();
