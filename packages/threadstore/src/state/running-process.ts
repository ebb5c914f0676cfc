import { readFileSync } from "node:fs";
import { isError } from "@threadstore/core/driver";

/** A process. The system reuses process ids, so the start belongs to its identity. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process was started, in a form for file names; {@link UNKNOWN_START} if the system does not tell. */
  readonly start: string;
}

export const UNKNOWN_START = "0";

/** Returns the identity of this process. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, start: startOf(process.pid) ?? UNKNOWN_START };
}

/** Returns whether a process has not ended. Where starts are unknown, another one may have its id. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  const current = startOf(pid);
  return current === start || current === UNKNOWN_START || (current !== undefined && start === UNKNOWN_START);
}

/** Returns when a process was started, and `undefined` if it has ended. */
function startOf(pid: number): string | undefined {
  if (process.platform === "linux") {
    try {
      return startFromStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      // It has ended, or the system hides the processes of other users.
    }
  }
  return receivesSignals(pid) ? UNKNOWN_START : undefined;
}

function startFromStat(stat: string): string | undefined {
  // The second field is the program's name in parentheses, which may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended, although it receives signals until its parent has read its exit code.
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function receivesSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isError(error) && "code" in error && error.code === "EPERM";
  }
}
