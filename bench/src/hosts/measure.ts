import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ClientReport, ClientTask } from "./client.ts";
import { cpuTimes, timeOf } from "./cpu.ts";
import { createHost, type Host } from "./host.ts";
import type { HostsResult } from "./result.ts";
import type { RunningService } from "./services.ts";

export interface HostsOptions {
  readonly service: string;
  readonly running: RunningService;
  readonly clients: number;
  readonly conversations: number;
  readonly seconds: number;
}

const NS_PER_MS = 1_000_000;
const program = fileURLToPath(new URL("client.ts", import.meta.url));

/** Runs clients, each on its own host, and measures them while all of them work. */
export async function measureHosts(options: HostsOptions): Promise<HostsResult> {
  const hosts: Host[] = [];
  const started: Client[] = [];
  try {
    for (let number = 0; number < options.clients; number += 1) {
      const host = createHost(number);
      hosts.push(host);
      started.push(startClient(host, taskOf(options, number)));
    }
    const clients = started;
    for (const client of clients) await client.line("ready");
    const before = cpuTimes();
    const startedAt = performance.now();
    for (const { process } of clients) process.stdin?.write("go\n");
    // The clients check their threads at the end, which does not count.
    await wait(options.seconds * 1000);
    const after = cpuTimes();
    const seconds = (performance.now() - startedAt) / 1000;
    const cores = coresBetween(before, after, {
      servers: options.running.pids,
      clients: clients.map(({ process: { pid = 0 } }) => pid),
    });
    const reports: ClientReport[] = [];
    for (const client of clients) reports.push(JSON.parse(await client.line("{")) as ClientReport);
    return { ...summary(options, reports, seconds), cores };
  } finally {
    for (const { process } of started) process.kill("SIGKILL");
    for (const { remove } of hosts) remove();
  }
}

function taskOf({ running, conversations, seconds, clients }: HostsOptions, number: number): ClientTask {
  const name = `of-${clients}-${number}`;
  return { store: running.store, name, conversations, durationMs: seconds * 1000 };
}

interface Client {
  readonly process: ChildProcess;
  /** Resolves with the next line, which must begin like this. */
  readonly line: (start: string) => Promise<string>;
}

function startClient({ command }: Host, task: ClientTask): Client {
  const [file, ...parameters] = [...command, process.execPath, program, JSON.stringify(task)];
  const child = spawn(file, parameters, { stdio: ["pipe", "pipe", "inherit"] });
  const lines: Interface = createInterface(child.stdout);
  const received: string[] = [];
  lines.on("line", (line) => void received.push(line));
  const ended = once(child, "exit");
  return {
    process: child,
    async line(start) {
      while (received.length === 0) {
        const [code] = (await Promise.race([once(lines, "line"), ended])) as unknown[];
        if (received.length === 0 && typeof code === "number")
          throw new Error(`A client ended with ${code}.`);
      }
      const line = received.shift() ?? "";
      if (!line.startsWith(start)) throw new Error(`A client printed ${line}.`);
      return line;
    },
  };
}

function coresBetween(
  before: ReturnType<typeof cpuTimes>,
  after: ReturnType<typeof cpuTimes>,
  pids: { readonly servers: readonly number[]; readonly clients: readonly number[] },
): HostsResult["cores"] {
  const [busy, idle] = [after.busy - before.busy, after.idle - before.idle];
  const cores = navigator.hardwareConcurrency;
  // Relative to all of the time, because the clock and the counters are not read at the same moment.
  const part = (ticks: number): number => (cores * ticks) / (busy + idle);
  const servers = part(timeOf(pids.servers, before, after));
  const clients = part(timeOf(pids.clients, before, after));
  return {
    all: cores,
    servers,
    clients,
    others: Math.max(0, part(busy) - servers - clients),
    idle: part(idle),
  };
}

function summary(
  { service, clients }: HostsOptions,
  reports: readonly ClientReport[],
  seconds: number,
): Omit<HostsResult, "cores"> {
  const turns = reports.reduce((total, report) => total + report.turns, 0);
  // Of the slowest client.
  const at = (percentile: "50" | "99"): number =>
    Math.max(...reports.map(({ percentiles }) => percentiles[percentile])) / NS_PER_MS;
  return { service, clients, turnsPerSecond: turns / seconds, p50: at("50"), p99: at("99") };
}
