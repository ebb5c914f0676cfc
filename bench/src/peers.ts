import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Subject } from "./clients/client.ts";

/** The folder of the peer libraries. They are not part of the workspace, because they would double its install time. */
const folder = join(import.meta.dirname, "../peers");

/** The exports of `peers/peers.ts`, which is imported at run time because it cannot be compiled before the install. */
export interface Peers {
  readonly peersOf: (backend: string, endpoint: unknown) => Promise<readonly Subject[]>;
}

/** Installs the peer libraries at their locked versions and loads their subjects. */
export async function installedPeers(say: (text: string) => void): Promise<Peers> {
  if (!existsSync(join(folder, "node_modules/.modules.yaml"))) say("installing the peer libraries (once)");
  const install = ["--yes", "pnpm@12.21.0", "install", "--frozen-lockfile", "--silent"];
  // Native modules must be compiled for the Node.js version that runs the benchmark.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  const { status, stderr } = spawnSync("npx", install, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH },
  });
  if (status !== 0) throw new Error(`Failed to install the peer libraries: ${stderr.slice(-2000)}`);
  return (await import(new URL("../peers/peers.ts", import.meta.url).href)) as Peers;
}

/** No peers: measures the stores and the raw clients only. */
export const noPeers: Peers = { peersOf: async () => [] };
