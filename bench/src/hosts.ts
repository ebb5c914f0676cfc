// node bench/src/hosts.ts [--clients N,N] [--seconds N] [--json FILE] [SERVICE...]: clients on several hosts (as root).
import { parseArgs } from "node:util";
import { hostsUnavailable } from "./hosts/host.ts";
import { measureHosts } from "./hosts/measure.ts";
import { hostsTables } from "./hosts/report.ts";
import type { HostsResult } from "./hosts/result.ts";
import { type ServiceName, SERVICES } from "./hosts/services.ts";
import { screen } from "./report/screen.ts";
import { writeRuns } from "./scale-runs/runs.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: "string", default: "1,2,4,8" },
    conversations: { type: "string", default: "32" },
    seconds: { type: "string", default: "20" },
    json: { type: "string" },
  },
});
const { progress, end } = screen();

async function measureAll(): Promise<void> {
  const results: HostsResult[] = [];
  for (const service of positionals.length > 0 ? positionals : Object.keys(SERVICES)) {
    if (!Object.hasOwn(SERVICES, service)) throw new TypeError(`Unknown service: ${service}.`);
    const running = await SERVICES[service as ServiceName]();
    try {
      for (const clients of values.clients.split(",").map(Number)) {
        progress(`${service} · ${clients} clients`);
        const conversations = Number(values.conversations);
        const seconds = Number(values.seconds);
        const result = await measureHosts({ service, running, clients, conversations, seconds });
        results.push(result);
        if (values.json !== undefined) writeRuns(values.json, { hosts: [result] });
      }
    } finally {
      await running.stop();
    }
  }
  end();
  process.stdout.write(`${hostsTables(results).hosts}\n`);
}

const reason = hostsUnavailable();
if (reason === undefined) {
  await measureAll();
} else {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}
