// Writes packages/conformance/MUTATIONS.md: npm run docs:mutations.
import { writeFile } from "node:fs/promises";
import { cases } from "../../src/index.ts";
import { mutants } from "./index.ts";
import { mutationMatrix, page } from "./mutation-matrix.ts";

await writeFile(page, mutationMatrix(mutants, cases));
process.stdout.write(`Wrote ${mutants.length} mutants and ${cases.length} cases to ${page.pathname}.\n`);
// The servers of some stores would keep the process alive.
process.exit();
