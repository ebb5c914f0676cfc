import { markdownTable } from "../report/markdown-table.ts";
import { short } from "../report/numbers.ts";
import type { HostsResult } from "./result.ts";

/** Of all cores. With less, they are not the limit. */
const BUSY_PART = 0.9;

/** Formats the throughput by number of clients, and what limits it. */
export function hostsTables(results: readonly HostsResult[]): { readonly hosts: string } {
  const header = [
    ["service", "clients", "turns/s", "p50 ms", "p99 ms"],
    ["cores of servers", "of clients", "of others", "turns/s for a core of servers", "of clients", "limit"],
  ].flat();
  const rows = results.map((result) => {
    const { service, clients, turnsPerSecond, p50, p99, cores } = result;
    return [
      service,
      String(clients),
      ...[turnsPerSecond, p50, p99, cores.servers, cores.clients, cores.others].map(short),
      ...[cores.servers, cores.clients].map((used) => short(turnsPerSecond / used)),
      limitOf(result),
    ];
  });
  return { hosts: markdownTable(header, rows) };
}

/** Names what a run was limited by: the processor of the machine, and who uses most of it, or waiting. */
export function limitOf({ cores }: HostsResult): string {
  if (cores.idle > (1 - BUSY_PART) * cores.all) return "waiting, for the disk or for each other";
  const users = [
    ["servers", cores.servers],
    ["clients", cores.clients],
    ["other processes", cores.others],
  ] as const;
  const [most] = users.toSorted(([, one], [, other]) => other - one);
  return `all cores, most for ${most?.[0] ?? ""}`;
}
