import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";

/**
 * A host with a network of its own: a network namespace of Linux, with a virtual cable to this one. Servers of the tests
 * listen on the loopback address, so that address leads through the cable, instead of staying on the host.
 */
export interface Host {
  /** The beginning of a command line that runs a program on the host. */
  readonly command: readonly string[];
  readonly remove: () => void;
}

/** All addresses of hosts. */
export const HOST_NETWORK = "10.213.0.0/16";

/** Creates the host with this number, 0 to 249. Needs root rights. */
export function createHost(number: number): Host {
  const name = `ts-${process.pid}-${number}`;
  // Names of network devices have at most 15 characters.
  const device = `ts${process.pid}x${number}`;
  const network = `10.213.${number}`;
  const [here, there] = [`${device}a`, `${device}b`];
  run("ip", "netns", "add", name);
  try {
    run("ip", "link", "add", here, "type", "veth", "peer", "name", there);
  } catch (error) {
    run("ip", "netns", "delete", name);
    throw error;
  }
  const remove = (): void => {
    // With the namespace, it would only be deleted when the last process there has ended.
    run("ip", "link", "delete", here);
    run("ip", "netns", "delete", name);
  };
  try {
    connect({ name, network, here, there });
  } catch (error) {
    remove();
    throw error;
  }
  return { command: ["ip", "netns", "exec", name], remove };
}

interface Cable {
  readonly name: string;
  readonly network: string;
  readonly here: string;
  readonly there: string;
}

function connect({ name, network, here, there }: Cable): void {
  run("ip", "link", "set", there, "netns", name);
  run("ip", "address", "add", `${network}.1/24`, "dev", here);
  run("ip", "link", "set", here, "up");
  run("ip", "-n", name, "address", "add", `${network}.2/24`, "dev", there);
  run("ip", "-n", name, "link", "set", there, "up");
  run("sysctl", "-qw", `net.ipv4.conf.${here}.route_localnet=1`);
  run("ip", "netns", "exec", name, "sysctl", "-qw", `net.ipv4.conf.${there}.route_localnet=1`);
  const loopback = ["127.0.0.0/8", "via", `${network}.1`, "dev", there, "src", `${network}.2`];
  run("ip", "-n", name, "route", "add", ...loopback);
}

/** Returns why hosts cannot be created here; `undefined` if they can. */
export function hostsUnavailable(): string | undefined {
  try {
    createHost(randomInt(200, 250)).remove();
    return undefined;
  } catch (error) {
    return `Hosts need Linux, root rights, \`ip\` and \`sysctl\`: ${(error as Error).message}`;
  }
}

function run(program: string, ...parameters: readonly string[]): void {
  execFileSync(program, parameters, { stdio: ["ignore", "ignore", "pipe"] });
}
