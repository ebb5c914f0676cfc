import { fail } from "../../suite/expectations.ts";
import { describeStep, type Step } from "../crash/step.ts";
import { DiskState, type Entry, formatPath, type NodeNumber } from "./disk-state.ts";
import { type Effect, isDurable, type Timeline } from "./timeline.ts";

/** A save from its start to its acknowledgement, during which no other step was in progress. */
interface Save {
  readonly step: Step;
  readonly from: number;
  readonly to: number;
}

/** A file that a save wrote, and its path. */
interface WrittenFile {
  readonly node: NodeNumber;
  readonly path: readonly Entry[];
  readonly writes: readonly Effect[];
}

/**
 * Checks that each save writes its file, syncs it, moves it into place and syncs the folders on its path before it is
 * acknowledged. Returns the number of saves in the timeline.
 */
export function checkWriteOrder(timeline: Timeline): number {
  const saves = savesIn(timeline);
  for (const save of saves) {
    for (const file of filesOf(timeline, save)) {
      checkContent(timeline, save, file);
      checkNames(timeline, save, file);
    }
  }
  return saves.length;
}

function savesIn({ reports }: Timeline): Save[] {
  return reports.flatMap((report) => {
    if (report.type !== "done") return [];
    const start = reports.find((each) => each.type === "started" && each.step.number === report.number);
    if (start?.type !== "started" || start.step.action === "delete") return [];
    const isAlone = reports.every(({ at }) => at <= start.at || at >= report.at);
    // Writes of concurrent steps can be attributed only by the content of their records, so those steps are skipped.
    return isAlone ? [{ step: start.step, from: start.at, to: report.at }] : [];
  });
}

/** Returns the files that contain the save's content when it is acknowledged. */
function filesOf(timeline: Timeline, save: Save): WrittenFile[] {
  const { effects, folders } = timeline;
  const state = new DiskState(folders);
  for (const { change, ended } of effects) if (ended < save.to) state.apply(change);
  const within = effects.filter(({ began, ended }) => began > save.from && ended < save.to);
  const written: WrittenFile[] = [];
  for (const { node, path } of state.walk()) {
    const writes = within.filter(({ change }) => change.type === "write" && change.node === node);
    if (writes.length > 0) written.push({ node, path, writes });
  }
  if (written.length === 0) {
    fail(
      "a save writes its thread to a file in the store's folder, through node:fs",
      `${describeStep(save.step)} was acknowledged, but no file that it wrote exists`,
    );
  }
  // Other files that the store writes need no sync. If the record is encoded, any of the files could contain it.
  const records = written.filter(({ node }) => state.content(node).includes(`,${save.step.number},`));
  return records.length > 0 ? records : written;
}

function checkContent({ effects }: Timeline, save: Save, { node, path, writes }: WrittenFile): void {
  const file = formatPath(path.slice(1));
  const expectation = `a save syncs its file before it moves the file into place (${describeStep(save.step)})`;
  const unsynced = writes.find((write) => !isDurable(write, save.to));
  if (unsynced !== undefined) {
    fail(expectation, `it was acknowledged without a successful sync of ${file} after the write`);
  }
  for (const { change, relocated, began, ended, description } of effects) {
    const isRelocation = change.type === "move" || change.type === "link";
    if (!isRelocation || ended > save.to || !relocated.has(node)) continue;
    const late = writes.find((write) => write.ended < began && !isDurable(write, began));
    if (late !== undefined) fail(expectation, `the sync of ${file} came after the ${description}`);
  }
}

function checkNames({ effects }: Timeline, save: Save, { path }: WrittenFile): void {
  for (const [depth, { folder, name, node }] of path.entries()) {
    const naming = effects.findLast(({ change, ended }) => {
      if (ended > save.to || !("node" in change) || change.node !== node) return false;
      return change.type === "move"
        ? change.toFolder === folder && change.toName === name
        : change.type === "link" && change.folder === folder && change.name === name;
    });
    if (naming === undefined || isDurable(naming, save.to)) continue;
    const holder =
      formatPath(path.slice(1, depth)) ||
      (depth === 0 ? "the parent of the store's folder" : "the store's folder");
    fail(
      `a save syncs the folders that contain its file before it is acknowledged (${describeStep(save.step)})`,
      `${holder} was not synced between the ${naming.description} and the acknowledgement`,
    );
  }
}
