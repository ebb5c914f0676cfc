import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuTimeOf } from "./cpu-time.ts";
import type { RunDirectory } from "./run-directory.ts";

/** How to start a server, the first time and at each restart. */
export interface ServerCommand {
  /** Names the server in messages, and its log file. */
  readonly name: string;
  readonly command: string;
  readonly parameters: readonly string[];
  /** Variables in addition to those of this process. */
  readonly environment?: NodeJS.ProcessEnv;
  /**
   * The signal that simulates a crash.
   * @default "SIGKILL"
   */
  readonly crashSignal?: NodeJS.Signals;
  /** Resolves once the server accepts requests. Must reject when `signal` aborts, that is, when the server ends. */
  readonly untilReady: (signal: AbortSignal) => Promise<void>;
}

/** One server process, which tests can crash, pause and restart. */
export interface ServerProcess {
  readonly name: string;
  /** The process id, also after the process ended. */
  readonly pid: number;
  /** Crashes the server and resolves when its process has ended. Its data remains for `restart`. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Suspends the server (SIGSTOP): it keeps its connections but does not answer. */
  pause(): void;
  /** Continues after `pause`. */
  resume(): void;
  /** Starts the server again after `kill`, on the same port and data. Resolves once it accepts requests. */
  restart(): Promise<void>;
  /** Resolves with the state of the process, its current CPU use and the end of its log, for error messages. */
  diagnose(): Promise<string>;
}

/** How long `diagnose` measures the CPU use. */
const MEASUREMENT_MS = 250;
const LOG_LINES = 15;

/** Starts a server and resolves once it accepts requests. */
export async function startServer(directory: RunDirectory, command: ServerCommand): Promise<ServerProcess> {
  const logFile = join(directory.path, `${command.name}.log`);
  let child = await launch(directory, command, logFile);
  return {
    name: command.name,
    get pid() {
      return pidOf(child, command);
    },
    kill: async (signal = command.crashSignal ?? "SIGKILL") => {
      if (hasEnded(child)) return;
      const ended = once(child, "exit");
      child.ref();
      child.kill(signal);
      await ended;
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    restart: async () => {
      if (!hasEnded(child))
        throw new Error(`${command.name} is still running. Kill it before you restart it.`);
      child = await launch(directory, command, logFile);
    },
    diagnose: async () => `${command.name} ${await stateOf(child)}. ${endOfLog(logFile)}`,
  };
}

async function launch(
  directory: RunDirectory,
  command: ServerCommand,
  logFile: string,
): Promise<ChildProcess> {
  const log = openSync(logFile, "a");
  // Detached: Ctrl-C in the terminal must reach this process only, which then ends the servers in order.
  const child = spawn(command.command, command.parameters, {
    cwd: directory.path,
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...command.environment },
  });
  closeSync(log);
  if (child.pid !== undefined) directory.own(child.pid);
  // A server must not keep its owner from exiting.
  child.unref();

  const ended = new AbortController();
  const failure = failureOf(child, command, logFile).catch((error: unknown) => {
    ended.abort(error);
    throw error;
  });
  try {
    await Promise.race([command.untilReady(ended.signal), failure]);
  } catch (error) {
    if (ended.signal.aborted) throw ended.signal.reason;
    const message = `${command.name} did not start. It ${await stateOf(child)}. ${endOfLog(logFile)}`;
    throw new Error(message, { cause: error });
  }
  return child;
}

async function failureOf(child: ChildProcess, { name }: ServerCommand, logFile: string): Promise<never> {
  await once(child, "exit");
  throw new Error(`${name} ${await stateOf(child)} before it accepted requests. ${endOfLog(logFile)}`);
}

/** Describes the process: "is running (process 17) and used 98 % of a CPU in the last 250 ms". */
async function stateOf(child: ChildProcess): Promise<string> {
  if (hasEnded(child)) return `ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`;
  const { pid = 0 } = child;
  const [time, cpuTime] = [performance.now(), cpuTimeOf(pid)];
  await sleep(MEASUREMENT_MS);
  const cpuTimeAfter = cpuTimeOf(pid);
  const running = `is running (process ${pid})`;
  if (cpuTime === undefined || cpuTimeAfter === undefined) return running;
  const elapsed = performance.now() - time;
  const percent = Math.round((100 * (cpuTimeAfter - cpuTime)) / elapsed);
  return `${running} and used ${percent} % of a CPU in the last ${Math.round(elapsed)} ms`;
}

function endOfLog(logFile: string): string {
  const lines = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-LOG_LINES);
  return lines.join("") === "" ? "Its log is empty." : `Its log ends with:\n${lines.join("\n")}`;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function pidOf(child: ChildProcess, { name }: ServerCommand): number {
  if (child.pid === undefined) throw new Error(`${name} could not be spawned.`);
  return child.pid;
}
