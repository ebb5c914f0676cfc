import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { expect, test } from "vitest";
import { resolveOptions } from "./options.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [, example = ""] = /```ts\n(.*?)```/su.exec(readme) ?? [];

test("the README's example runs on the built package, and again on the same files", async () => {
  // Within this package, so that its own name resolves.
  const programs = mkdtempSync(join(root, "dist", "readme-"));
  using folder = temporaryFolder();
  try {
    const file = join(programs, "example.ts");
    writeFileSync(file, example);
    for (let runs = 0; runs < 2; runs += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder.path });
      expect(stdout).toBe("4 tenants, acme in large: acme\n");
    }
  } finally {
    rmSync(programs, { recursive: true });
  }
});

test("the README documents the defaults", () => {
  const stores = { a: memoryStore(), b: memoryStore() };
  const { timeoutMs, weights, root: rootStore } = resolveOptions({ stores });
  const documented = (option: string): string =>
    new RegExp(`\\| \`${option}\` \\| (.*?) \\|`, "u").exec(readme)?.[1] ?? "";
  expect(Number(documented("timeoutMs").replace(",", ""))).toBe(timeoutMs);
  expect([[...weights.values()], documented("weights")]).toEqual([[1, 1], "1 each"]);
  expect([rootStore, documented("root")]).toEqual(["a", "the first store"]);
});
