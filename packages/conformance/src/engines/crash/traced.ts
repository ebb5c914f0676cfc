import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CaseContext, CaseLocation } from "../../suite/conformance-case.ts";
import { expectTrue } from "../../suite/expectations.ts";
import type { Tree } from "../disk/disk-state.ts";
import { readTrace } from "../disk/read-trace.ts";
import type { TimedReport, Timeline } from "../disk/timeline.ts";
import { Ledger } from "./ledger.ts";
import type { WriterMessage } from "./messages.ts";
import { RECOVERY_LIMIT_MS } from "./run.ts";
import { saveNow } from "./save-now.ts";
import { verifyAfterCrash } from "./verify-after-crash.ts";

/** Makes a process take a list of steps at a location. Resolves with everything that it did to the disk. */
export async function traceWriter({ newLocation }: CaseContext, failing: boolean): Promise<Timeline> {
  const location = newLocation();
  const folder = location.folder();
  const writer = location.startWriter({ type: "trace", folder, failing });
  let message: WriterMessage | undefined;
  await writer.begin({ workload: "replacing", run: 1, from: 1 }, (received) => (message = received));
  const how = await writer.ended;
  expectTrue(
    message?.type === "traced",
    "a traced process can open the store, save and close it",
    `it ended with ${how}`,
  );
  const timeline = readTrace(message.events, folder);
  expectTrue(
    timeline.effects.length > 0,
    "the store keeps its files in the folder that the harness returns, and accesses them only through node:fs",
    "the trace is empty",
  );
  return timeline;
}

/** Files to restore, with the reports that determine which threads they must contain. */
export interface Restored {
  readonly tree: Tree;
  readonly reports: readonly TimedReport[];
}

/** Opens the store on restored files and compares its threads with the reports. With `saves`, saves once more. */
export async function checkRestored(
  context: CaseContext,
  { tree, reports }: Restored,
  { when, saves }: { readonly when: string; readonly saves: boolean },
): Promise<void> {
  const location = context.newLocation();
  await restore(location, tree);
  const ledger = new Ledger(RECOVERY_LIMIT_MS * context.timeoutFactor);
  for (const report of reports) ledger.record(report);
  await verifyAfterCrash(location, context, async (store) => {
    await ledger.check(store, when);
    if (!saves) return;
    await saveNow(store, ledger);
    await ledger.check(store, `after a save that followed a ${when}`);
  });
  await location.destroy();
}

/** Each path of the tree starts with the name of the traced folder. */
async function restore(location: CaseLocation, tree: Tree): Promise<void> {
  const folder = location.folder();
  for (const [path, content] of tree) {
    const [, ...below] = path.split("/");
    const target = join(folder, ...below);
    if (content === null) await mkdir(target, { recursive: true });
    else {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
  }
}
