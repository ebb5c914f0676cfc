import { createHash } from "node:crypto";
import { range } from "../../utilities/parallel.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { DiskState, type Extent, type Tree } from "./disk-state.ts";
import { type Effect, isDurable, type TimedReport, type Timeline } from "./timeline.ts";

/** One possible state of the disk after a power cut. */
export interface PowerCut {
  readonly tree: Tree;
  /** The reports sent before the power cut. */
  readonly reports: readonly TimedReport[];
  /** When it happened and which changes it affected. */
  readonly description: string;
  /** The number of changes that were lost in part or as a whole. */
  readonly affectedChanges: number;
}

/** What happens to a change that has not been synced: it reaches the disk in part or as a whole, or it is lost. */
type Fate = Extent | "lost";

/** How many random combinations of fates are tried for each power cut. */
const RANDOM_COMBINATIONS = 12;

/**
 * Yields distinct states that the disk may have after a power cut at any time. Synced changes are always included. Of
 * the others, any subset may have reached the disk: the subsets that a crash of the process alone would leave, and
 * others drawn from the seed.
 */
export function* powerCuts(timeline: Timeline, seed: number): Generator<PowerCut> {
  const random = seededRandom(seed);
  const yielded = new Set<string>();
  for (const time of cutTimes(timeline)) {
    const reports = timeline.reports.filter(({ at }) => at < time);
    const started = timeline.effects.filter(({ began }) => began < time);
    const unsynced = started.filter((effect) => !isDurable(effect, time));
    for (const fates of combinationsOfFates(unsynced, random)) {
      const state = new DiskState(timeline.folders);
      for (const effect of started) {
        const fate = fates.get(effect) ?? "whole";
        if (fate !== "lost") state.apply(effect.change, fate);
      }
      const tree = state.tree();
      const key = keyOf(tree, reports.length);
      if (yielded.has(key)) continue;
      yielded.add(key);
      const affected = [...fates].filter(([, fate]) => fate !== "whole");
      yield { tree, reports, description: describe(time, affected), affectedChanges: affected.length };
    }
  }
}

/** The disk if only synced changes survive: the worst case for the changes acknowledged by then. */
export function afterPowerCut(timeline: Timeline, time: number): Tree {
  const state = new DiskState(timeline.folders);
  for (const effect of timeline.effects) if (isDurable(effect, time)) state.apply(effect.change);
  return state.tree();
}

/** The times just before each sync completes and around each report. Other times add no new states. */
function cutTimes({ reports, syncs, end }: Timeline): number[] {
  const times = [
    ...syncs.map((at) => at - 0.5),
    ...reports.flatMap(({ at }) => [at - 0.5, at + 0.5]),
    end + 1,
  ];
  return [...new Set(times)].toSorted((left, right) => left - right);
}

type Fates = ReadonlyMap<Effect, Fate>;

function* combinationsOfFates(unsynced: readonly Effect[], random: () => number): Generator<Fates> {
  const all = (fate: (effect: Effect, index: number) => Fate): Fates =>
    new Map(unsynced.map((effect, index) => [effect, fate(effect, index)]));
  // If only the process is killed, the disk has every change up to some point.
  for (const end of range(unsynced.length + 1)) yield all((_, index) => (index < end ? "whole" : "lost"));
  for (const [index, { change }] of unsynced.entries()) {
    yield all((_, each) => (each === index ? "lost" : "whole"));
    yield all((_, each) => (each === index ? "whole" : "lost"));
    if (change.type !== "write") continue;
    yield all((_, each) => (each === index ? "half" : "whole"));
    yield all((_, each) => (each === index ? "zeros" : "whole"));
  }
  if (unsynced.length < 2) return;
  for (const _ of range(RANDOM_COMBINATIONS))
    yield all(({ change }) => randomFate(change.type === "write", random));
}

function randomFate(isWrite: boolean, random: () => number): Fate {
  const fates: readonly Fate[] = isWrite ? ["whole", "lost", "half", "zeros"] : ["whole", "lost"];
  return fates[Math.floor(random() * fates.length)] ?? "lost";
}

function keyOf(tree: Tree, reportCount: number): string {
  const hash = createHash("sha256").update(String(reportCount));
  for (const [path, content] of [...tree].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    hash.update(`\0${path}\0${content === null ? "folder" : content.length}\0`).update(content ?? "");
  }
  return hash.digest("hex");
}

const FATE_WORDS: Readonly<Record<Fate, string>> = {
  whole: "with",
  half: "with only half of",
  zeros: "with zeros instead of",
  lost: "without",
};

function describe(time: number, affected: readonly (readonly [Effect, Fate])[]): string {
  const parts = affected.map(([{ description }, fate]) => `${FATE_WORDS[fate]} the ${description}`);
  const outcome = parts.length === 0 ? "with all changes on disk" : parts.join(", ");
  return `power cut at moment ${Math.floor(time)} ${outcome}`;
}
