import { spawnSync } from "node:child_process";
// Checks the package in the current folder as it is published: with the bundles and the manifest that only pnpm packs.
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = await mkdtemp(join(tmpdir(), "threadstore-check-package-"));
try {
  run("npx", "--yes", "pnpm@12.21.0", "pack", "--pack-destination", folder);
  const [tarball = ""] = globSync("*.tgz", { cwd: folder }).map((file) => join(folder, file));
  run("publint", tarball, "--strict");
  run("attw", tarball, "--profile", "strict", "--ignore-rules", "cjs-resolves-to-esm");
} finally {
  await rm(folder, { recursive: true });
}

function run(command: string, ...parameters: readonly string[]): void {
  if (process.exitCode !== undefined) return;
  const { status } = spawnSync(command, parameters, { stdio: "inherit" });
  if (status !== 0) process.exitCode = status ?? 1;
}
