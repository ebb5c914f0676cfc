import { type ChildProcess, fork } from "node:child_process";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildProcessHarness } from "../../suite/harness.ts";

export interface ForkedChild {
  readonly child: ChildProcess;
  /** Returns the last error that the process printed, if any. */
  readonly lastError: () => string | undefined;
}

/**
 * Starts a child process that works with the store at a location. `main` is the URL of its main module without an
 * extension. Its arguments are the harness's module, the location, the parameters as JSON, and `more`.
 *
 * A process starts in half the time if it finds its modules in Node's compile cache, in the folder that Node uses by
 * default.
 */
export function forkChild(
  main: URL,
  { module, parameters = null }: ChildProcessHarness,
  location: string,
  more: readonly string[] = [],
): ForkedChild {
  // The extension of this file, so that this works from the sources and from the compiled package.
  const file = `${fileURLToPath(main)}${extname(import.meta.url)}`;
  const child = fork(file, [String(module), location, JSON.stringify(parameters), ...more], {
    execArgv: [],
    env: { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...process.env },
    serialization: "advanced",
    stdio: ["inherit", "inherit", "pipe", "ipc"],
  });
  let output = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    process.stderr.write(bytes);
    output = `${output}${bytes.toString()}`.slice(-MAX_OUTPUT);
  });
  return { child, lastError: () => errorIn(output) };
}

/** Characters of a child's standard error that are kept for failures. */
const MAX_OUTPUT = 10_000;

/** Returns the last error that Node.js printed, or the end of the output. */
function errorIn(output: string): string | undefined {
  const line = output.match(/^\w*Error\b.*$/gmu)?.at(-1) ?? output.trim().slice(-300);
  return line === "" ? undefined : line;
}

/** Completes a sentence about the end of a process with the error that it printed. */
export function endingOf(sentence: string, lastError: string | undefined): string {
  return lastError === undefined ? `${sentence}.` : `${sentence}: ${lastError}`;
}
