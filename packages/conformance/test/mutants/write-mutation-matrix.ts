// Writes packages/conformance/MUTATIONS.md anew: npm run docs:mutations.
import { writeFile } from "node:fs/promises";
import { cases } from "../../src/index.ts";
import { zoo } from "./index.ts";
import { mutationMatrix, page } from "./mutation-matrix.ts";

await writeFile(page, mutationMatrix(zoo, cases));
process.stdout.write(`${page.pathname} tells of ${zoo.length} broken stores and ${cases.length} cases.\n`);
// The servers of some of the stores would go on.
process.exit();
