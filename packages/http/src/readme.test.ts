import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [example = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

const program = `
  import { handler } from "./example.ts";
  for (const user of ["ann", undefined]) {
    const response = await handler(new Request("http://localhost/threads", { headers: user && { "x-user": user } }));
    console.log(response.status, await response.text());
  }
`;

test("the first example serves the threads of a user", async () => {
  // Inside this package, so that the package's name resolves.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  const cwd = mkdtempSync(join(tmpdir(), "threadstore-http-"));
  onTestFinished(() => {
    for (const each of [folder, cwd]) rmSync(each, { recursive: true });
  });
  writeFileSync(join(folder, "example.ts"), example);
  writeFileSync(join(folder, "program.ts"), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.ts")], { cwd });
  expect(stdout).toBe('200 {"threads":[]}\n401 \n');
});
