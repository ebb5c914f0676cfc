import { describe, expect, it } from "vitest";
import { cpuTimes, timeOf } from "./hosts/cpu.ts";
import { hostsUnavailable } from "./hosts/host.ts";
import { measureHosts } from "./hosts/measure.ts";
import { hostsTables, limitOf } from "./hosts/report.ts";
import type { HostsResult } from "./hosts/result.ts";
import { SERVICES } from "./hosts/services.ts";

const isFull = process.env["THREADSTORE_CONFORMANCE_EFFORT"] !== "quick";
const busy = { service: "postgres", clients: 2, turnsPerSecond: 100, p50: 1, p99: 2 };

it.each([
  ["servers", { all: 4, servers: 3, clients: 0.8, others: 0.1, idle: 0.1 }, "all cores, most for servers"],
  ["clients", { all: 4, servers: 1, clients: 2.8, others: 0.1, idle: 0.1 }, "all cores, most for clients"],
  [
    "others",
    { all: 2, servers: 0.3, clients: 0.3, others: 1.4, idle: 0 },
    "all cores, most for other processes",
  ],
  [
    "nothing",
    { all: 4, servers: 1, clients: 1, others: 0, idle: 2 },
    "waiting, for the disk or for each other",
  ],
] satisfies [string, HostsResult["cores"], string][])("names the limit: %s", (_, cores, limit) => {
  expect(limitOf({ ...busy, cores })).toBe(limit);
  expect(hostsTables([{ ...busy, cores }]).hosts).toContain(limit);
});

describe.runIf(process.platform === "linux")("CPU times", () => {
  it("of a process include those of its children", () => {
    const before = cpuTimes();
    const until = performance.now() + 300;
    while (performance.now() < until);
    const after = cpuTimes();
    expect(timeOf([process.pid], before, after)).toBeGreaterThan(0);
    expect(timeOf([process.ppid], before, after)).toBeGreaterThanOrEqual(
      timeOf([process.pid], before, after),
    );
    expect(after.busy + after.idle).toBeGreaterThan(before.busy + before.idle);
  });
});

describe.runIf(isFull && hostsUnavailable() === undefined)("clients on hosts of their own", () => {
  it("reach the servers and take turns", async () => {
    const running = await SERVICES.postgres();
    try {
      const options = { service: "postgres", running, clients: 2, conversations: 4, seconds: 1 };
      const result = await measureHosts(options);
      expect(result.turnsPerSecond).toBeGreaterThan(1);
      expect(result.cores.servers).toBeGreaterThan(0);
      expect(result.cores.clients).toBeGreaterThan(0);
    } finally {
      await running.stop();
    }
  });
});
