import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Peer } from "../../suite/harness.ts";

/**
 * Starts a process for a store on the place. Its main module, named by its URL without an extension, gets as arguments
 * the peer's module, the place, the parameters as JSON, and `more`.
 */
export function forkPeer(
  main: URL,
  { module, parameters = null }: Peer,
  place: string,
  more: readonly string[] = [],
): ChildProcess {
  // With the extension of this file: the sources run as well as what is made of them.
  const file = `${fileURLToPath(main)}${extname(import.meta.url)}`;
  return fork(file, [String(module), place, JSON.stringify(parameters), ...more], {
    execArgv: [],
    serialization: "advanced",
  });
}
