import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunDirectory } from "./run-directory.ts";

/** How a server is started, each time anew. */
export interface ServerCommand {
  /** What it is called in messages, and the name of its log. */
  readonly name: string;
  readonly command: string;
  readonly parameters: readonly string[];
  /** Variables beside those of this process. */
  readonly environment?: NodeJS.ProcessEnv;
  /**
   * The signal that ends it as a crash does.
   * @default "SIGKILL"
   */
  readonly crashSignal?: NodeJS.Signals;
  /** Resolves when it answers; must end when `signal` aborts, which tells that the server has ended. */
  readonly untilReady: (signal: AbortSignal) => Promise<void>;
}

/** One server, to be hurt by tests. */
export interface ServerProcess {
  readonly name: string;
  /** The id of the process that runs, or ran last. */
  readonly pid: number;
  /** Ends it as a crash does; resolves when the process is gone. Its data stay for `restart`. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it in its tracks (SIGSTOP): it keeps its connections and answers nothing. */
  pause(): void;
  /** Lets it go on after `pause`. */
  resume(): void;
  /** Starts it again after `kill`, with the same port and data; resolves when it answers. */
  restart(): Promise<void>;
}

export async function startServer(directory: RunDirectory, command: ServerCommand): Promise<ServerProcess> {
  let child = await launch(directory, command);
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
      if (!hasEnded(child)) throw new Error(`${command.name} still runs: kill it before its restart.`);
      child = await launch(directory, command);
    },
  };
}

async function launch(directory: RunDirectory, command: ServerCommand): Promise<ChildProcess> {
  const logFile = join(directory.path, `${command.name}.log`);
  const log = openSync(logFile, "a");
  // Detached: a Ctrl-C in the terminal is for us, and we end the servers in order.
  const child = spawn(command.command, command.parameters, {
    cwd: directory.path,
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...command.environment },
  });
  closeSync(log);
  if (child.pid !== undefined) directory.own(child.pid);
  // Servers never keep their owner from ending.
  child.unref();

  const ended = new AbortController();
  const failure = failureOf(child, command, logFile).catch((error: unknown) => {
    ended.abort(error);
    throw error;
  });
  await Promise.race([command.untilReady(ended.signal), failure]);
  return child;
}

async function failureOf(child: ChildProcess, command: ServerCommand, logFile: string): Promise<never> {
  const [code, signal] = await once(child, "exit");
  const end = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  throw new Error(`${command.name} ended before it answered (${signal ?? `exit code ${code}`}):\n${end}`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function pidOf(child: ChildProcess, { name }: ServerCommand): number {
  if (child.pid === undefined) throw new Error(`${name} was never started.`);
  return child.pid;
}
