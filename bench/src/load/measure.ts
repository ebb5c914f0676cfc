import { readdirSync } from "node:fs";
import { createHistogram } from "node:perf_hooks";
import { type StoreName, STORES } from "../stores/open-stores.ts";
import { runConversations } from "./conversations.ts";
import { type LoadResult, type Phase, phaseOf } from "./result.ts";
import { lowest, slopeOf } from "./slope.ts";

export interface LoadOptions {
  readonly store: StoreName;
  readonly conversations: number;
  readonly minutes: number;
  readonly onProgress: (text: string) => void;
}

const MINUTE_MS = 60_000;
/** The part of the time that is spent at full load. */
const FULL_PART = 0.25;
/** The part of the samples that are taken before caches and pools have their size. */
const WARM_UP_PART = 0.2;
const WINDOWS = 12;

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
    const samples = half.samples.slice(Math.floor(half.samples.length * WARM_UP_PART));
    const window = (minutes * (1 - FULL_PART)) / WINDOWS;
    const heap = samples.map(({ minute, heapBytes }) => ({ minute, value: heapBytes }));
    const descriptors = samples.map(({ minute, descriptors: value }) => ({ minute, value }));
    return {
      store,
      conversations,
      minutes,
      full: full.phase,
      half: half.phase,
      heapBytes: slopeOf(lowest(heap, window)),
      descriptors: slopeOf(descriptors),
    };
  } finally {
    await place.stop();
  }
}

interface Resources {
  readonly minute: number;
  readonly heapBytes: number;
  readonly descriptors: number;
}

interface Measured {
  readonly phase: Phase;
  readonly samples: readonly Resources[];
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
  const samples: Resources[] = [];
  const started = performance.now();
  const sampler = setInterval(() => {
    const elapsedMs = performance.now() - started;
    samples.push({ minute: elapsedMs / MINUTE_MS, ...resources() });
    const rate = Math.round((1000 * histogram.count) / elapsedMs);
    const seconds = `${Math.round(elapsedMs / 1000)} of ${Math.round(durationMs / 1000)} s`;
    onProgress(`${store} · ${conversations} conversations · ${name} load · ${seconds} · ${rate} turns/s`);
  }, 1000);
  try {
    await runConversations({ store: threads, conversations, durationMs, turnsPerSecond, histogram, name });
  } finally {
    clearInterval(sampler);
  }
  return { phase: phaseOf(histogram, (performance.now() - started) / 1000), samples };
}

function resources(): Pick<Resources, "heapBytes" | "descriptors"> {
  const { heapUsed, external } = process.memoryUsage();
  return { heapBytes: heapUsed + external, descriptors: openDescriptors() };
}

/** 0 if the operating system does not tell. */
function openDescriptors(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}
