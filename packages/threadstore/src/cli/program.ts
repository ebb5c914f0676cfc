import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addBench } from "../commands/bench.ts";
import { addCheck, addRepair } from "../commands/check-and-repair.ts";
import { addCompletion } from "../commands/completion.ts";
import { addCopy } from "../commands/copy.ts";
import { addDoctor } from "../commands/doctor.ts";
import { addErase } from "../commands/erase.ts";
import { addExpire } from "../commands/expire.ts";
import { addExport } from "../commands/export.ts";
import { addImport } from "../commands/import.ts";
import { addLs } from "../commands/ls.ts";
import { addReseal } from "../commands/reseal.ts";
import { addRetain } from "../commands/retain.ts";
import { addServe } from "../commands/serve.ts";
import { addShow } from "../commands/show.ts";
import { addStats } from "../commands/stats.ts";
import { addVersions } from "../commands/versions.ts";
import { write } from "../output/terminal.ts";
import type { Session, Start } from "./session.ts";

const EXIT_CODES = `
Exit codes:
  0    done
  1    done, and something needs attention, such as a corrupt thread
  2    the command line, a URL, the configuration or a file is invalid
  3    a store failed, or refused
  4    nothing was changed, because --yes is missing
  130  stopped with Ctrl+C

STORE is a URL: sqlite:threads.db, file:./threads, redis://…, postgres://…, s3://bucket/prefix or
azure://account/container, with options of the store after a #. Or it is config, for the store that
threadstore.config.js exports, or config:NAME for one of several.`;

const ADD_COMMANDS: readonly ((program: Command, start: Start) => void)[] = [
  addLs,
  addShow,
  addServe,
  addStats,
  addVersions,
  addCheck,
  addRepair,
  addCopy,
  addExport,
  addImport,
  addErase,
  addExpire,
  addRetain,
  addReseal,
  addDoctor,
  addBench,
  addCompletion,
];

/** Returns the program, whose parsing runs the action of the command and calls `finish` with its exit code. */
export function createProgram(
  session: Session,
  { redact, finish }: { redact: (text: string) => string; finish: (exitCode: number) => void },
): Command {
  const { stdout, stderr } = session.terminal;
  const program = new Command("threadstore")
    .description(
      "Looks into stores of agent conversations, moves and erases them, on every backend and while they are in use.",
    )
    .version(ownVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print the help of a command")
    .addHelpText("after", EXIT_CODES)
    .showHelpAfterError("Run with --help for usage.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void write(stdout, text),
      writeErr: (text) => void write(stderr, redact(text)),
      outputError: (text, writeError) => writeError(text + hintFor(text)),
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  const start: Start = async (action) => finish(await action(session));
  for (const add of ADD_COMMANDS) add(program, start);
  return program;
}

const HELP_WIDTH = 100;

/** One version of 64 begins with a hyphen. */
function hintFor(error: string): string {
  const isUnknownOption = /^error: unknown option '-[^-]/u.test(error);
  return isUnknownOption ? "An id or version that begins with a hyphen follows --.\n" : "";
}

function ownVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
