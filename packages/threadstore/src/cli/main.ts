import { type Terminal, write } from "../output/terminal.ts";
import { redactor } from "../stores/secrets.ts";
import { EXIT } from "./exit-codes.ts";
import { failureOf } from "./failure.ts";
import { createProgram } from "./program.ts";
import { createSession } from "./session.ts";

/** Runs the command line. Resolves with the exit code. */
export async function main(parameters: readonly string[], terminal: Terminal): Promise<number> {
  const redact = redactor(parameters, terminal.env);
  const session = createSession(terminal, redact);
  let exitCode: number = EXIT.done;
  try {
    const program = createProgram(session, { redact, finish: (code) => (exitCode = code) });
    await program.parseAsync([...parameters], { from: "user" });
  } catch (error) {
    const failure = failureOf(error, redact, terminal.signal);
    if (failure.message !== undefined) await write(terminal.stderr, failure.message);
    exitCode = failure.exitCode;
  } finally {
    await session.close();
  }
  return exitCode;
}
