import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Contestant } from "./keepers/keeper.ts";

/** The folder of the other libraries. They are no part of the workspace, whose install would be twice as long. */
const folder = join(import.meta.dirname, "../peers");

/** What `peers.ts` there exports. Loaded by its name at run time: it cannot be compiled before the install. */
export interface Peers {
  readonly peersOf: (backend: string, endpoint: unknown) => Promise<readonly Contestant[]>;
}

/** Installs the other libraries, at the versions of the lock file there, and loads what drives them. */
export async function installedPeers(say: (text: string) => void): Promise<Peers> {
  if (!existsSync(join(folder, "node_modules/.modules.yaml"))) say("installing the other libraries (once)");
  const install = ["--yes", "pnpm@12.21.0", "install", "--frozen-lockfile", "--silent"];
  // What is compiled on the way is compiled for the Node that runs this.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  const { status, stderr } = spawnSync("npx", install, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH },
  });
  if (status !== 0) throw new Error(`The other libraries cannot be installed: ${stderr.slice(-2000)}`);
  return (await import(new URL("../peers/peers.ts", import.meta.url).href)) as Peers;
}

/** Nobody. */
export const noPeers: Peers = { peersOf: async () => [] };
