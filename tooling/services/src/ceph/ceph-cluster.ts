import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Installation } from "../debian/debian-packages.ts";
import { accepts, freePorts, LOOPBACK } from "../processes/ports.ts";
import type { RunDirectory } from "../processes/run-directory.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { cephConfiguration, type CephLayout } from "./ceph-configuration.ts";

/** A cluster whose configuration is written and whose servers are started one after the other. */
export interface CephCluster extends CephLayout {
  readonly run: RunDirectory;
  readonly installation: Installation;
  readonly configuration: string;
}

export async function createCluster(
  run: RunDirectory,
  installation: Installation,
  store: CephLayout["store"],
): Promise<CephCluster> {
  const [gateway = 0, monitor = 0, firstOfStore = 0] = await freePorts(3);
  const layout: CephLayout = {
    directory: run.path,
    libraries: installation.libraries,
    clusterId: randomUUID(),
    storeId: randomUUID(),
    ports: { gateway, monitor, firstOfStore },
    store,
  };
  const configuration = join(run.path, "ceph.conf");
  await writeFile(configuration, cephConfiguration(layout));
  await writeFile(join(run.path, "keyring"), "");
  return { ...layout, run, installation, configuration };
}

export async function startMonitor(cluster: CephCluster): Promise<ServerProcess> {
  const { run, clusterId, ports } = cluster;
  const map = join(run.path, "monmap");
  const address = `[v2:${LOOPBACK}:${ports.monitor}]`;
  await mkdir(join(run.path, "mon"));
  await execute(cluster, "monmaptool", "--create", "--addv", "a", address, "--fsid", clusterId, map);
  await execute(cluster, "ceph-mon", "-i", "a", "--mkfs", "--monmap", map, "--no-mon-config");
  return startDaemon(cluster, "ceph-mon", ["-i", "a"], () => accepts(ports.monitor));
}

export async function startStore(cluster: CephCluster): Promise<ServerProcess> {
  await mkdir(join(cluster.run.path, "osd"));
  await Promise.all([
    // Waits until the monitor has formed a quorum.
    ceph(cluster, "osd", "new", cluster.storeId, "0"),
    execute(cluster, "ceph-osd", "-i", "0", "--mkfs", "--no-mon-config"),
  ]);
  return startDaemon(cluster, "ceph-osd", ["-i", "0"], async () =>
    (await ceph(cluster, "osd", "stat")).includes("1 up"),
  );
}

export function startGateway(cluster: CephCluster): Promise<ServerProcess> {
  return startDaemon(cluster, "radosgw", ["-n", "client.rgw"], () => accepts(cluster.ports.gateway));
}

export async function createUser(
  cluster: CephCluster,
  { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string },
): Promise<void> {
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
  const names = ["--uid=threadstore", "--display-name=threadstore"];
  await execute(cluster, "radosgw-admin", "-n", "client.rgw", "user", "create", ...names, ...keys);
}

function startDaemon(
  { run, installation, configuration }: CephCluster,
  name: string,
  parameters: readonly string[],
  isReady: () => Promise<boolean>,
): Promise<ServerProcess> {
  return startServer(run, {
    name,
    command: installation.program(name),
    parameters: ["-c", configuration, ...parameters, "-f"],
    environment: installation.environment,
    untilReady: (signal) => waitUntil(`${name} to answer`, isReady, { signal }),
  });
}

/** Runs the command line tool, which needs the Python version that Debian has. */
function ceph(cluster: CephCluster, ...parameters: readonly string[]): Promise<string> {
  const { installation } = cluster;
  const system = "/usr/bin/python3";
  const python = existsSync(system) ? system : installation.program("python3");
  const program = installation.program("ceph");
  return execute(cluster, python, program, "--connect-timeout", "300", ...parameters);
}

async function execute(
  { run, installation, configuration }: CephCluster,
  program: string,
  ...parameters: readonly string[]
): Promise<string> {
  const file = program.includes("/") ? program : installation.program(program);
  const { stdout } = await promisify(execFile)(file, parameters, {
    cwd: run.path,
    env: { ...process.env, ...installation.environment, CEPH_CONF: configuration },
  });
  return stdout;
}
