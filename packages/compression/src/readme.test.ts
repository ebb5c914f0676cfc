import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { expect, test } from "vitest";
import { memoryBackend } from "./backend.test-helper.ts";
import { resolveOptions } from "./options.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [, example = ""] = /```ts\n(.*?)```/su.exec(readme) ?? [];

test("the README's example runs on the built package, and resumes", async () => {
  // Within this package, so that its own name resolves.
  const programs = mkdtempSync(join(root, "dist", "readme-"));
  using folder = temporaryFolder();
  const run = async (): Promise<readonly number[]> => {
    const file = join(programs, "example.ts");
    writeFileSync(file, example);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder.path });
    const [, ...numbers] = /^(\d+) messages, (\d+) bytes, stored in (\d+)\n$/u.exec(stdout) ?? [];
    return numbers.map(Number);
  };
  try {
    for (const expected of [8, 16]) {
      const [messages, size = 0, stored = 0] = await run();
      expect(messages).toBe(expected);
      expect(stored).toBeGreaterThan(100);
      expect(stored).toBeLessThan(0.75 * size);
    }
  } finally {
    rmSync(programs, { recursive: true });
  }
});

test("the README documents the defaults", () => {
  const { maxThreadBytes, minBytes, deflateLevel, zstdLevel } = resolveOptions({});
  const documented = (option: string): string => {
    const [, value = ""] = new RegExp(`\\| \`${option}\` \\| (.*?) \\|`, "u").exec(readme) ?? [];
    return value.replaceAll(",", "");
  };
  expect([documented("maxThreadBytes"), documented("minBytes")].map(Number)).toEqual([
    maxThreadBytes,
    minBytes,
  ]);
  expect(documented("level")).toBe(`${deflateLevel} for DEFLATE ${zstdLevel} for Zstandard`);
});

test("the README shows what is stored", async () => {
  const [, sample = ""] = /```json\n(.*)\n```/u.exec(readme) ?? [];
  const backend = memoryBackend();
  const store = backend.open();
  await store.save("a", { messages: [] });
  await store.append("a", ["x".repeat(2046)]);
  const { json = "" } = (await backend.openInner().load("a")) ?? {};
  expect(json.replace(/(?<="d",2048,")[^"]+/u, "…")).toBe(sample);
});
