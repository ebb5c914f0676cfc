import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./sqlite.test-helper.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

function codeBlock(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(readme) ?? [];
  if (code === undefined) throw new Error(`The README has no ${language} block.`);
  return code;
}

test("the README's example runs on the built package and resumes the stored thread", async () => {
  // Inside this package, so that its name resolves.
  const program = mkdtempSync(join(root, "dist", "readme-"));
  using folder = temporaryFolder();
  try {
    writeFileSync(join(program, "example.ts"), codeBlock("ts"));
    const run = () =>
      promisify(execFile)(process.execPath, [join(program, "example.ts")], { cwd: folder.path });
    expect((await run()).stdout).toBe("Visit 1.\n");
    expect((await run()).stdout).toBe("Visit 2.\n");
  } finally {
    rmSync(program, { recursive: true });
  }
});

test("the README's query lists the largest threads first", async () => {
  using folder = temporaryFolder();
  const store = sqliteStore({ path: folder.file() }).namespace("tenant");
  await store.save("small", {});
  await store.save("large", { text: "x".repeat(20_000) });
  const database = new Sqlite(folder.file());
  const rows = database.prepare<[], [string, string, number]>(codeBlock("sql")).raw().all();
  expect(rows.map(([namespace, id]) => [namespace, id])).toEqual([
    ["tenant", "large"],
    ["tenant", "small"],
  ]);
  database.close();
});
