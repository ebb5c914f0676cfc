import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { expect, test } from "vitest";
import { checkedMoveOptions, MOVE_OPTION_NAMES } from "./moves/move-options.ts";
import { resolveOptions } from "./options.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [first = "", second = ""] = [...readme.matchAll(/```ts\n(.*?)```/gsu)].map(([, code = ""]) => code);

/** Runs a program twice in one folder, on the built package. Resolves with both outputs. */
async function runTwice(example: string): Promise<string[]> {
  // Within this package, so that its own name resolves.
  const programs = mkdtempSync(join(root, "dist", "readme-"));
  using folder = temporaryFolder();
  try {
    const file = join(programs, "example.ts");
    writeFileSync(file, example);
    const outputs: string[] = [];
    for (let runs = 0; runs < 2; runs += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder.path });
      outputs.push(stdout);
    }
    return outputs;
  } finally {
    rmSync(programs, { recursive: true });
  }
}

test("the README's first example runs, and again on the same files", async () => {
  const expected = "4 tenants, acme in large: acme\n";
  expect(await runTwice(first)).toEqual([expected, expected]);
});

test("the README's example of a move runs, and has nothing to do the second time", async () => {
  const [once = "", again = ""] = await runTwice(second);
  expect(once.split("\n")).toEqual([
    "copying: 1 copied",
    "closing: 1 copied",
    "closed: 1 copied",
    "cleaning: 1 copied",
    "moved 1 threads, calls waited for less than 2 s",
    "moved 0 other namespaces",
    "",
  ]);
  expect(again.split("\n")).toEqual([
    "moved 0 threads, calls waited for less than 2 s",
    "moved 0 other namespaces",
    "",
  ]);
});

test("the README documents the defaults", () => {
  const stores = { a: memoryStore(), b: memoryStore() };
  const { timeoutMs, leaseMs, weights, root: rootStore } = resolveOptions({ stores });
  const documented = (option: string): string =>
    new RegExp(`\\| \`${option}\` \\| (.*?) \\|`, "u").exec(readme)?.[1] ?? "";
  expect(Number(documented("timeoutMs").replace(",", ""))).toBe(timeoutMs);
  expect(Number(documented("leaseMs"))).toBe(leaseMs);
  expect(Number(documented("claimMs").replace(",", ""))).toBe(
    checkedMoveOptions({}, MOVE_OPTION_NAMES).claimMs,
  );
  expect([[...weights.values()], documented("weights")]).toEqual([[1, 1], "1 each"]);
  expect([rootStore, documented("root")]).toEqual(["a", "the first store"]);
});
