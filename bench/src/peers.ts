import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Subject } from "./clients/client.ts";

/** The folder of the peer libraries. They are not part of the workspace, because they would double its install time. */
const folder = join(import.meta.dirname, "../peers");

/** A peer library. */
export interface Peer {
  readonly name: string;
  /** Imports the library, and returns its subjects. Rejects if the library cannot run on this machine. */
  readonly load: () => Promise<readonly Subject[]>;
}

/** The peers of a backend that this machine can run, and the others. */
export interface UsablePeers {
  readonly subjects: readonly Subject[];
  readonly leftOut: readonly LeftOut[];
}

/** A peer that this machine cannot run. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** The exports of `peers/peers.ts`, which is imported at run time because it cannot be compiled before the install. */
interface PeerModule {
  readonly peersOf: (backend: string, endpoint: unknown) => readonly Peer[];
}

export interface Peers {
  readonly peersOf: (backend: string, endpoint: unknown) => Promise<UsablePeers>;
}

/**
 * Installs the peer libraries at their locked versions. Leaves out those that cannot be installed, built or loaded: some
 * need a compiler and the headers of Node.js, or a C library.
 */
export async function installedPeers(say: (text: string) => void): Promise<Peers> {
  if (!existsSync(join(folder, "node_modules/.modules.yaml"))) say("installing the peer libraries (once)");
  const problem = pnpm("install", "--frozen-lockfile", "--ignore-scripts");
  if (problem !== undefined) return leaveOut(problem);
  // Alone, because a failed build would undo the install. A peer that needs the build does not load without it.
  pnpm("rebuild", "--pending");
  try {
    const module = (await import(new URL("../peers/peers.ts", import.meta.url).href)) as PeerModule;
    return { peersOf: (backend, endpoint) => usablePeers(module.peersOf(backend, endpoint)) };
  } catch (error) {
    return leaveOut(reasonOf(error));
  }
}

/** Loads each peer. */
export async function usablePeers(peers: readonly Peer[]): Promise<UsablePeers> {
  const subjects: Subject[] = [];
  const leftOut: LeftOut[] = [];
  for (const { name, load } of peers) {
    try {
      subjects.push(...(await load()));
    } catch (error) {
      leftOut.push({ name, reason: reasonOf(error) });
    }
  }
  return { subjects, leftOut };
}

/** No peers: measures the stores and the raw clients only. */
export const noPeers: Peers = { peersOf: async () => ({ subjects: [], leftOut: [] }) };

function leaveOut(reason: string): Peers {
  return { peersOf: async () => ({ subjects: [], leftOut: [{ name: "all other libraries", reason }] }) };
}

/** Runs a command of pnpm in the folder of the peers. Returns the reason if it fails. */
function pnpm(...command: readonly string[]): string | undefined {
  // Native modules must be compiled for the Node.js version that runs the benchmark.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  const { error, status, stdout, stderr } = spawnSync("npx", ["--yes", "pnpm@12.21.0", ...command], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH },
  });
  if (error !== undefined) return reasonOf(error);
  return status === 0 ? undefined : lastLine(`${stdout}\n${stderr}`);
}

/** Returns the first sentence of the message: some list every file that a library has searched for. */
function reasonOf(error: unknown): string {
  const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(
    /\.?(?:\n|$)|\. /u,
    1,
  );
  return sentence;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
