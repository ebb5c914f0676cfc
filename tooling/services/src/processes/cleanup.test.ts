import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { afterEach, describe, expect, it } from "vitest";
import { cacheDirectory } from "./cache-directory.ts";
import { accepts } from "./ports.ts";
import { processStart } from "./process-identity.ts";
import { removeLeftovers } from "./run-directory.ts";
import { waitUntil } from "./wait-until.ts";

interface Started {
  readonly starter: ChildProcess;
  readonly port: number;
  readonly serverPid: number;
}

const cli = join(import.meta.dirname, "../../services.ts");
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

/** Starts a process that starts Redis and prints its endpoint in the first line. */
async function startStarter(parameters: readonly string[]): Promise<Started> {
  const starter = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "ignore"] });
  children.add(starter);
  const [line] = (await once(createInterface(starter.stdout), "line")) as [string];
  const { redis } = JSON.parse(line) as { redis: { url: string } };
  const [run = ""] = runsOf(starter);
  const processes = readFileSync(join(cacheDirectory, "run", run, "processes"), "utf8");
  const started = {
    starter,
    port: Number(new URL(redis.url).port),
    serverPid: Number.parseInt(processes, 10),
  };
  expect(await accepts(started.port)).toBe(true);
  expect(processStart(started.serverPid)).toBeDefined();
  return started;
}

/** Returns the run directories of a process. */
function runsOf({ pid = 0 }: ChildProcess): string[] {
  return readdirSync(join(cacheDirectory, "run")).filter((run) => run.split("~")[1]?.startsWith(`${pid}-`));
}

/** Resolves when no process, open port or data is left. */
async function untilGone({ starter, port, serverPid }: Started): Promise<void> {
  const isGone = async () =>
    processStart(serverPid) === undefined && !(await accepts(port)) && runsOf(starter).length === 0;
  await waitUntil("the end of the server", isGone);
}

describe("a server", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("ends when its owner is ended by %s", async (signal) => {
    const started = await startStarter([cli, "start", "--json", "redis"]);
    started.starter.kill(signal);
    // The process ends by the signal, as if it had no handler.
    expect(await once(started.starter, "exit")).toEqual([null, signal]);
    await expect(untilGone(started)).resolves.toBeUndefined();
  });

  it("ends when its owner exits without stopping it, or crashes", async () => {
    for (const end of ["process.exit(0)", "throw new Error('crash')"]) {
      const source = `
        import { startRedis } from ${JSON.stringify(join(import.meta.dirname, "../index.ts"))};
        const { endpoint } = await startRedis();
        process.once("SIGUSR2", () => { ${end} });
        console.log(JSON.stringify({ redis: endpoint }));
        setInterval(() => undefined, 1000);`;
      const started = await startStarter(["--input-type=module", "--eval", source]);
      started.starter.kill("SIGUSR2");
      await once(started.starter, "exit");
      await expect(untilGone(started)).resolves.toBeUndefined();
    }
  });

  it("is ended by the next start if its owner was killed", async () => {
    const started = await startStarter([cli, "start", "--json", "redis"]);
    started.starter.kill("SIGKILL");
    await once(started.starter, "exit");
    removeLeftovers();
    await expect(untilGone(started)).resolves.toBeUndefined();
  });

  it("keeps running when another process removes leftovers", async () => {
    const started = await startStarter([cli, "start", "--json", "redis"]);
    removeLeftovers();
    expect(runsOf(started.starter)).toHaveLength(1);
    expect(await accepts(started.port)).toBe(true);
  });
});
