import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CaseContext, CasePlace } from "../../suite/conformance-case.ts";
import { holds } from "../../suite/expectations.ts";
import type { Tree } from "../disk/disk-state.ts";
import { readTrace } from "../disk/read-trace.ts";
import type { TimedReport, Timeline } from "../disk/timeline.ts";
import { Ledger } from "./ledger.ts";
import type { WriterMessage } from "./messages.ts";
import { AT_ONCE_MS } from "./run.ts";
import { saveNow } from "./save-now.ts";
import { lookAfter } from "./verify-after-crash.ts";

/** Has a process take a list of steps on a place, and resolves to all that it did to the disk. */
export async function traceWriter({ newPlace }: CaseContext, failing: boolean): Promise<Timeline> {
  const place = newPlace();
  const folder = place.folder();
  const writer = place.startWriter({ type: "trace", folder, failing });
  let traced: WriterMessage | undefined;
  await writer.begin({ workload: "replacing", run: 1, from: 1 }, (message) => (traced = message));
  const how = await writer.ended;
  holds(
    traced?.type === "traced",
    "a process can be watched that opens the store, saves and closes it",
    `it ended with ${how}`,
  );
  const timeline = readTrace(traced.events, folder);
  holds(
    timeline.effects.length > 0,
    "the store keeps its files in the folder that the harness tells, and reaches them through node:fs only",
    "nothing was seen",
  );
  return timeline;
}

/** A place with these files, as far as the reports know what has to be in it. */
export interface Restored {
  readonly tree: Tree;
  readonly reports: readonly TimedReport[];
}

/** Opens the store on the files, compares what it has with what was told, and, if asked to, goes on saving. */
export async function checkRestored(
  context: CaseContext,
  { tree, reports }: Restored,
  { when, goesOn }: { readonly when: string; readonly goesOn: boolean },
): Promise<void> {
  const place = context.newPlace();
  await restore(place, tree);
  const ledger = new Ledger(AT_ONCE_MS * context.timeoutFactor);
  for (const report of reports) ledger.note(report);
  await lookAfter(place, context, async (store) => {
    await ledger.check(store, when);
    if (!goesOn) return;
    await saveNow(store, ledger);
    await ledger.check(store, `after a save that followed a ${when}`);
  });
  await place.destroy();
}

/** The paths of the tree begin with the name of the folder that the trace was of. */
async function restore(place: CasePlace, tree: Tree): Promise<void> {
  const folder = place.folder();
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
