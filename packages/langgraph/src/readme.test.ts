import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { LangGraphStoreError } from "./index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [program = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

test("the program asks in one process, and continues with the answer in another", async () => {
  // Inside this package, so that the packages' names resolve.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  const cwd = mkdtempSync(join(tmpdir(), "threadstore-langgraph-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
    rmSync(cwd, { recursive: true });
  });
  const file = join(folder, "program.ts");
  writeFileSync(file, program);
  const run = async (...parameters: string[]) =>
    (await promisify(execFile)(process.execPath, [file, ...parameters], { cwd })).stdout;
  expect(await run()).toBe("Ship 4711?\n");
  expect(await run("yes")).toBe("shipped\n");
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(LangGraphStoreError.codes);
});
