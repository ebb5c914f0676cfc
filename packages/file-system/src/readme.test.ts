import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { filesBelow, temporaryFolder } from "./file-system.test-helper.ts";

it("the README's example runs on the built package and resumes the stored thread", async () => {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, example = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  // Inside this package, so that its name resolves.
  const program = await mkdtemp(join(root, "dist", "readme-"));
  onTestFinished(() => rm(program, { recursive: true }));
  await writeFile(join(program, "example.ts"), example);

  const folder = await temporaryFolder();
  const run = () => promisify(execFile)(process.execPath, [join(program, "example.ts")], { cwd: folder });
  expect((await run()).stdout).toBe("Visit 1.\n");
  expect((await run()).stdout).toBe("Visit 2.\n");

  const [file = ""] = await filesBelow(join(folder, "threads"));
  expect(file).toMatch(/^threads\/support-4711\/[0-9a-f-]+\/[0-9a-f]{24}\.segment$/);
  const [line = ""] = (await readFile(join(folder, "threads", file), "utf8")).split("\n");
  const record: unknown = JSON.parse(line);
  expect(record).toMatchObject({ thread: { visits: 2 } });
});
