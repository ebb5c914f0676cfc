// Builds the page into the package, but only if the page, its dependencies or this file changed.
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const FOLDER = import.meta.dirname;
const OUTPUT = join(FOLDER, "../dist/page");
const STAMP = join(FOLDER, "../../../.cache/viewer-page.sha256");

/** Returns a hash of everything that determines the output. The manifest has the exact versions of the dependencies. */
function hashInputs(): string {
  const hash = createHash("sha256");
  const files = globSync(["*.{html,json,ts}", "src/**/*.{css,svg,ts,tsx}"], { cwd: FOLDER });
  for (const file of files.filter((name) => !name.includes(".test")).toSorted()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(FOLDER, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

/** Builds the page, unless the latest build had the same inputs. */
async function buildPage(): Promise<void> {
  const inputs = hashInputs();
  const isBuilt = existsSync(join(OUTPUT, "index.html")) && existsSync(STAMP);
  if (isBuilt && readFileSync(STAMP, "utf8") === inputs) return;
  // Otherwise, a value for tests would select the development build of React.
  process.env["NODE_ENV"] = "production";
  const { build } = await import("vite");
  await build({
    root: FOLDER,
    base: "./",
    configFile: false,
    logLevel: "warn",
    build: {
      outDir: OUTPUT,
      emptyOutDir: true,
      target: ["chrome123", "firefox121", "safari17.5"],
      // A data URL of a font or picture would not pass the content security policy.
      assetsInlineLimit: 0,
      // The polyfill adds a script for browsers that the page does not support anyway.
      modulePreload: { polyfill: false },
      license: { fileName: "licenses.md" },
      // All code of the page is for clients.
      rolldownOptions: { checks: { moduleLevelDirective: false } },
    },
  });
  await addLicensesOfFonts();
  await mkdir(dirname(STAMP), { recursive: true });
  await writeFile(STAMP, inputs);
}

/** Vite lists the licenses of code only. */
async function addLicensesOfFonts(): Promise<void> {
  for (const font of ["inter", "jetbrains-mono"]) {
    const name = `@fontsource-variable/${font}`;
    const license = readFileSync(join(FOLDER, "node_modules", name, "LICENSE"), "utf8");
    await appendFile(join(OUTPUT, "licenses.md"), `\n## ${name} (OFL-1.1)\n\n${license}`);
  }
}

await buildPage();
