import { EXIT } from "./exit-codes.ts";
import { main } from "./main.ts";

/** The terminal and npm both forward a Ctrl+C, so a process receives it twice at the same time. */
const REPEATED_MS = 500;

/**
 * Runs the command line of this process, and exits. The first Ctrl+C stops the command after the thread that it works
 * on, and the second one stops it immediately.
 */
export async function runProcess(): Promise<never> {
  const controller = new AbortController();
  let stoppedAt = Number.POSITIVE_INFINITY;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (performance.now() - stoppedAt > REPEATED_MS) process.exit(EXIT.interrupted);
      stoppedAt = Math.min(stoppedAt, performance.now());
      controller.abort();
    });
  }
  // The reader of a pipe, such as `head`, has read enough.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.done);
    throw error;
  });
  const { stdout, stderr, env } = process;
  const exitCode = await main(process.argv.slice(2), {
    stdout,
    stderr,
    env,
    folder: process.cwd(),
    signal: controller.signal,
  });
  // A client library that leaves a connection open would keep the process.
  process.exit(exitCode);
}
