import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildProcessHarness } from "../../suite/harness.ts";

/**
 * Starts a child process that works with the store at a location. `main` is the URL of its main module without an
 * extension. Its arguments are the harness's module, the location, the parameters as JSON, and `more`.
 */
export function forkChild(
  main: URL,
  { module, parameters = null }: ChildProcessHarness,
  location: string,
  more: readonly string[] = [],
): ChildProcess {
  // The extension of this file, so that this works from the sources and from the compiled package.
  const file = `${fileURLToPath(main)}${extname(import.meta.url)}`;
  return fork(file, [String(module), location, JSON.stringify(parameters), ...more], {
    execArgv: [],
    serialization: "advanced",
  });
}
