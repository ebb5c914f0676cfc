import { readdirSync } from "node:fs";
import { createHistogram } from "node:perf_hooks";
import { collectGarbage, memoryInUse } from "../measure/stopwatch.ts";
import { type StoreName, STORES } from "../stores/open-stores.ts";
import { runConversations } from "./conversations.ts";
import { FULL_PART, type LoadResult, type Phase, phaseOf } from "./result.ts";
import { type Sample, slopeOf } from "./slope.ts";

export interface LoadOptions {
  readonly store: StoreName;
  readonly conversations: number;
  readonly minutes: number;
  readonly onProgress: (text: string) => void;
}

const MINUTE_MS = 60_000;
/** The part of the samples that are taken before caches and pools have their size. */
const WARM_UP_PART = 0.2;
/** How often garbage is collected in a phase, to see what stays in memory. The pauses count as part of the turns. */
const COLLECTIONS = 20;

/** Measures a store first at full load and then, for most of the time, at half of it. */
export async function measureLoad(options: LoadOptions): Promise<LoadResult> {
  const { store, conversations, minutes } = options;
  const place = await STORES[store]();
  try {
    await using opened = place.open();
    const threads = opened.store.namespace("conversations");
    await threads.load("missing");
    const run = async (name: string, part: number, turnsPerSecond?: number): Promise<Measured> =>
      runPhase({ ...options, threads, name, durationMs: part * minutes * MINUTE_MS, turnsPerSecond });
    const full = await run("full", FULL_PART);
    const half = await run("half", 1 - FULL_PART, full.phase.turnsPerSecond / 2);
    return {
      store,
      conversations,
      minutes,
      full: full.phase,
      half: half.phase,
      heapBytes: slopeOf(afterWarmUp(half.heapBytes)),
      descriptors: slopeOf(afterWarmUp(half.descriptors)),
    };
  } finally {
    await place.stop();
  }
}

function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length * WARM_UP_PART));
}

interface Measured {
  readonly phase: Phase;
  /** After garbage collections. */
  readonly heapBytes: readonly Sample[];
  readonly descriptors: readonly Sample[];
}

interface PhaseOptions extends LoadOptions {
  readonly threads: Parameters<typeof runConversations>[0]["store"];
  readonly name: string;
  readonly durationMs: number;
  readonly turnsPerSecond: number | undefined;
}

async function runPhase({ threads, onProgress, ...options }: PhaseOptions): Promise<Measured> {
  const { store, conversations, name, durationMs, turnsPerSecond } = options;
  const histogram = createHistogram();
  const heapBytes: Sample[] = [];
  const descriptors: Sample[] = [];
  const started = performance.now();
  const sampler = setInterval(() => {
    const elapsedMs = performance.now() - started;
    const minute = elapsedMs / MINUTE_MS;
    descriptors.push({ minute, value: openDescriptors() });
    if (elapsedMs >= ((heapBytes.length + 1) * durationMs) / (COLLECTIONS + 1)) {
      collectGarbage();
      heapBytes.push({ minute, value: memoryInUse() });
    }
    const rate = Math.round((1000 * histogram.count) / elapsedMs);
    const seconds = `${Math.round(elapsedMs / 1000)} of ${Math.round(durationMs / 1000)} s`;
    onProgress(`${store} · ${conversations} conversations · ${name} load · ${seconds} · ${rate} turns/s`);
  }, 1000);
  try {
    await runConversations({ store: threads, conversations, durationMs, turnsPerSecond, histogram, name });
  } finally {
    clearInterval(sampler);
  }
  return { phase: phaseOf(histogram, (performance.now() - started) / 1000), heapBytes, descriptors };
}

/** 0 if the operating system does not tell. */
function openDescriptors(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}
