import { flushCompileCache } from "node:module";
import type { ChildProcessModule } from "../../suite/harness.ts";

/** Imports the harness's module for child processes, and saves the compiled modules for the next process. */
export async function importStoreModule(specifier: string): Promise<ChildProcessModule> {
  const storeModule = (await import(specifier)) as ChildProcessModule;
  // Node saves them when a process exits, which one that is killed never does.
  flushCompileCache();
  return storeModule;
}
