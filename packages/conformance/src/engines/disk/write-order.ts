import { broken } from "../../suite/expectations.ts";
import { describeStep, type Step } from "../crash/step.ts";
import { DiskState, type Entry, type NodeNumber, pathOf } from "./disk-state.ts";
import { type Effect, isDurable, type Timeline } from "./timeline.ts";

/** A save from its beginning to its acknowledgement, with nothing else going on. */
interface Save {
  readonly step: Step;
  readonly from: number;
  readonly to: number;
}

/** A file with what a save wrote, and how one gets there. */
interface WrittenFile {
  readonly node: NodeNumber;
  readonly way: readonly Entry[];
  readonly writes: readonly Effect[];
}

/**
 * That each save writes its file, syncs it, puts it in its place, syncs the folders that name it, and is acknowledged
 * then. Returns how many saves it saw.
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
    const begun = reports.find((each) => each.type === "begun" && each.step.number === report.number);
    if (begun?.type !== "begun" || begun.step.action === "delete") return [];
    const isAlone = reports.every(({ at }) => at <= begun.at || at >= report.at);
    // Of what is done for several at once, only their records tell whose it is.
    return isAlone ? [{ step: begun.step, from: begun.at, to: report.at }] : [];
  });
}

/** Where the save's content can be read at its acknowledgement. */
function filesOf(timeline: Timeline, save: Save): WrittenFile[] {
  const { effects, folders } = timeline;
  const state = new DiskState(folders);
  for (const { change, ended } of effects) if (ended < save.to) state.apply(change);
  const within = effects.filter(({ began, ended }) => began > save.from && ended < save.to);
  const written: WrittenFile[] = [];
  for (const { node, way } of state.walk()) {
    const writes = within.filter(({ change }) => change.type === "write" && change.node === node);
    if (writes.length > 0) written.push({ node, way, writes });
  }
  if (written.length === 0) {
    broken(
      "a save writes its thread to a file of its folder, through node:fs",
      `${describeStep(save.step)} was acknowledged, and no file that it wrote was there`,
    );
  }
  // What is written beside it is the store's own affair; encoded, the record could be any of them.
  const records = written.filter(({ node }) => state.content(node).includes(`,${save.step.number},`));
  return records.length > 0 ? records : written;
}

function checkContent({ effects }: Timeline, save: Save, { node, way, writes }: WrittenFile): void {
  const file = pathOf(way.slice(1));
  const promised = `a save syncs its file before it puts it in its place (${describeStep(save.step)})`;
  const unsynced = writes.find((write) => !isDurable(write, save.to));
  if (unsynced !== undefined) {
    broken(promised, `it was acknowledged with no successful sync of ${file} after it was written`);
  }
  for (const { change, carried, began, ended, description } of effects) {
    const isPlacing = change.type === "move" || change.type === "link";
    if (!isPlacing || ended > save.to || !carried.has(node)) continue;
    const late = writes.find((write) => write.ended < began && !isDurable(write, began));
    if (late !== undefined) broken(promised, `the sync of ${file} came after the ${description}`);
  }
}

function checkNames({ effects }: Timeline, save: Save, { way }: WrittenFile): void {
  for (const [depth, { folder, name, node }] of way.entries()) {
    const naming = effects.findLast(({ change, ended }) => {
      if (ended > save.to || !("node" in change) || change.node !== node) return false;
      return change.type === "move"
        ? change.toFolder === folder && change.toName === name
        : change.type === "link" && change.folder === folder && change.name === name;
    });
    if (naming === undefined || isDurable(naming, save.to)) continue;
    const holder =
      pathOf(way.slice(1, depth)) || (depth === 0 ? "the folder above the store's" : "the store's folder");
    broken(
      `a save syncs the folders that name its file before it is acknowledged (${describeStep(save.step)})`,
      `no sync of ${holder} came between the ${naming.description} and the acknowledgement`,
    );
  }
}
