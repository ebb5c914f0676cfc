import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, delimiter } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The folder of the stores that come with SDKs in separate packages. They are not part of the workspace. */
const FOLDER = new URL("../peers/", import.meta.url);

/** Installs the packages of `peers/package.json` at their locked versions. */
export function installPeers(): void {
  // Native modules must be compiled for the Node.js version that runs the checks.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  const { status, stderr } = spawnSync(
    "npx",
    ["--yes", "pnpm@12.21.0", "install", "--frozen-lockfile", "--prefer-offline", "--silent"],
    { cwd: fileURLToPath(FOLDER), encoding: "utf8", env: { ...process.env, PATH } },
  );
  if (status !== 0) throw new Error(`Failed to install the stores of SDKs: ${stderr.slice(-2000)}`);
}

/** Imports a package of `peers/package.json`. */
export async function importPeer(name: string): Promise<unknown> {
  const file = createRequire(new URL("package.json", FOLDER)).resolve(name);
  return import(/* @vite-ignore */ pathToFileURL(file).href);
}
