import { createHash } from "node:crypto";
import { range } from "../../utilities/parallel.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { DiskState, type Extent, type Tree } from "./disk-state.ts";
import { type Effect, isDurable, type TimedReport, type Timeline } from "./timeline.ts";

/** What a power cut leaves. */
export interface PowerCut {
  readonly tree: Tree;
  /** What had been told by then. */
  readonly reports: readonly TimedReport[];
  /** When, and what it took. */
  readonly description: string;
  /** How many changes it took, in part or whole. */
  readonly spoilt: number;
}

/** What becomes of a change that no sync has brought to the disk: it is there, in part or whole, or it is not. */
type Fate = Extent | "lost";

/** How often, at each cut, each change is decided by lot. */
const DRAWN = 12;

/**
 * What there may be after power cuts at any time, as far as it differs: whatever was synced, and of the rest any
 * subset. Which subsets is drawn from the seed, beside all that crashes of the process alone would leave.
 */
export function* powerCuts(timeline: Timeline, seed: number): Generator<PowerCut> {
  const random = seededRandom(seed);
  const seen = new Set<string>();
  for (const time of cutTimes(timeline)) {
    const reports = timeline.reports.filter(({ at }) => at < time);
    const begun = timeline.effects.filter(({ began }) => began < time);
    const open = begun.filter((effect) => !isDurable(effect, time));
    for (const fates of fatesOf(open, random)) {
      const state = new DiskState(timeline.folders);
      for (const effect of begun) {
        const fate = fates.get(effect) ?? "whole";
        if (fate !== "lost") state.apply(effect.change, fate);
      }
      const tree = state.tree();
      const key = keyOf(tree, reports.length);
      if (seen.has(key)) continue;
      seen.add(key);
      const spoilt = [...fates].filter(([, fate]) => fate !== "whole");
      yield { tree, reports, description: describe(time, spoilt), spoilt: spoilt.length };
    }
  }
}

/** What is there if nothing survives but what was synced: the worst, for what was acknowledged by then. */
export function afterPowerCut(timeline: Timeline, time: number): Tree {
  const state = new DiskState(timeline.folders);
  for (const effect of timeline.effects) if (isDurable(effect, time)) state.apply(effect.change);
  return state.tree();
}

/** Before each sync takes hold and around all that is told, between which nothing new can come about. */
function cutTimes({ reports, syncs, end }: Timeline): number[] {
  const times = [
    ...syncs.map((at) => at - 0.5),
    ...reports.flatMap(({ at }) => [at - 0.5, at + 0.5]),
    end + 1,
  ];
  return [...new Set(times)].toSorted((left, right) => left - right);
}

type Fates = ReadonlyMap<Effect, Fate>;

function* fatesOf(open: readonly Effect[], random: () => number): Generator<Fates> {
  const all = (fate: (effect: Effect, index: number) => Fate): Fates =>
    new Map(open.map((effect, index) => [effect, fate(effect, index)]));
  // The process alone was killed: everything up to some change.
  for (const end of range(open.length + 1)) yield all((_, index) => (index < end ? "whole" : "lost"));
  for (const [index, { change }] of open.entries()) {
    yield all((_, each) => (each === index ? "lost" : "whole"));
    yield all((_, each) => (each === index ? "whole" : "lost"));
    if (change.type !== "write") continue;
    yield all((_, each) => (each === index ? "half" : "whole"));
    yield all((_, each) => (each === index ? "zeros" : "whole"));
  }
  if (open.length < 2) return;
  for (const _ of range(DRAWN)) yield all(({ change }) => drawn(change.type === "write", random));
}

function drawn(isWrite: boolean, random: () => number): Fate {
  const fates: readonly Fate[] = isWrite ? ["whole", "lost", "half", "zeros"] : ["whole", "lost"];
  return fates[Math.floor(random() * fates.length)] ?? "lost";
}

function keyOf(tree: Tree, told: number): string {
  const hash = createHash("sha256").update(String(told));
  for (const [path, content] of [...tree].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    hash.update(`\0${path}\0${content === null ? "folder" : content.length}\0`).update(content ?? "");
  }
  return hash.digest("hex");
}

function describe(time: number, spoilt: readonly (readonly [Effect, Fate])[]): string {
  const words = spoilt.map(([{ description }, fate]) =>
    fate === "lost" ? `no ${description}` : `${fate} of the ${description}`,
  );
  const outcome = words.length === 0 ? "all changes on the disk" : words.join(", ");
  return `power cut at moment ${Math.floor(time)}, with ${outcome}`;
}
