import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startVitest } from "vitest/node";
import { MatrixReporter } from "./reporter.ts";
import { ROOT, type Results } from "./results.ts";
import type { Sdk } from "./sdks.ts";

/** High enough that only a hang reaches it. */
const LIMIT_MS = 600_000;

/**
 * Runs the rows of an SDK whose names match the pattern. Rejects if an error outside of the checks
 * makes the results incomplete.
 */
export async function runSdk({ folder, packages }: Sdk, pattern: RegExp): Promise<Results> {
  const reporter = new MatrixReporter();
  const file = join("packages", folder, "src", "matrix.test-helper.ts");
  const vitest = await startVitest("test", [file], {
    config: false,
    root: ROOT,
    watch: false,
    include: [file],
    globalSetup: join(ROOT, "tooling/services/src/vitest/global-setup.ts"),
    testTimeout: LIMIT_MS,
    hookTimeout: LIMIT_MS,
    testNamePattern: pattern,
    // Bytes are counted for a whole process.
    maxWorkers: 1,
    // Names of checks are not shortened.
    taskTitleValueFormatTruncate: 1000,
    reporters: [reporter],
  });
  await vitest.close();
  // Failed checks are results.
  process.exitCode = 0;
  if (reporter.errors.length > 0) throw new Error(reporter.errors.join("\n"));
  return {
    date: new Date().toISOString().slice(0, "2027-03-01".length),
    versions: { "Node.js": process.versions.node, ...versionsOf(folder, packages) },
    rows: reporter.rows.filter(({ name }) => pattern.test(name)),
  };
}

/** Returns the exact versions of packages, as the bridge or the matrix has installed them. */
function versionsOf(folder: string, packages: readonly string[]): Record<string, string> {
  const manifests = [`packages/${folder}/package.json`, "tooling/matrix/peers/package.json"].map(
    (file) => JSON.parse(readFileSync(join(ROOT, file), "utf8")) as Manifest,
  );
  return Object.fromEntries(
    packages.map((name) => {
      const versions = manifests.map(
        ({ dependencies, devDependencies }) => devDependencies?.[name] ?? dependencies?.[name],
      );
      return [name, versions.find((version) => version !== undefined) ?? "unknown"];
    }),
  );
}

interface Manifest {
  readonly dependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
}
