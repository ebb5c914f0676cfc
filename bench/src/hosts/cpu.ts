import { readdirSync, readFileSync } from "node:fs";

/** CPU times so far, in hundredths of a second. */
export interface CpuTimes {
  readonly busy: number;
  readonly idle: number;
  /** By process id: the time of the process and of its children that have ended. */
  readonly processes: ReadonlyMap<number, { readonly parent: number; readonly time: number }>;
}

export function cpuTimes(): CpuTimes {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const fields = line.split(/\s+/u).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, soft = 0] = fields;
  const processes = new Map<number, { parent: number; time: number }>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const found = Number.isInteger(pid) ? processTimes(pid) : undefined;
    if (found !== undefined) processes.set(pid, found);
  }
  return { busy: user + nice + system + interrupts + soft, idle: idle + waiting, processes };
}

function processTimes(pid: number): { parent: number; time: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in parentheses, which may contain spaces.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return { parent: fields[1] ?? 0, time: user + system + endedUser + endedSystem };
  } catch {
    // It has ended.
    return undefined;
  }
}

/** The time that these processes and all of their descendants have used between two readings. */
export function timeOf(roots: readonly number[], before: CpuTimes, after: CpuTimes): number {
  const isBelow = (pid: number): boolean => {
    if (roots.includes(pid)) return true;
    const parent = after.processes.get(pid)?.parent ?? 0;
    return parent > 1 && isBelow(parent);
  };
  let time = 0;
  for (const [pid, { time: now }] of after.processes) {
    if (isBelow(pid)) time += now - (before.processes.get(pid)?.time ?? 0);
  }
  return time;
}
