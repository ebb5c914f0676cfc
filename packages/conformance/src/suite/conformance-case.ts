import type { StoreOptions, ThreadStore } from "@threadstore/core";
import type { ChildClient } from "../engines/child-process/child-client.ts";
import type { Job } from "../engines/crash/messages.ts";
import type { Writer } from "../engines/crash/writer.ts";
import type { FaultProxy } from "../engines/fault-proxy/index.ts";
import type { DurabilitySetting, Power } from "./harness.ts";
import type { SuiteSettings } from "./settings.ts";

/** The clauses of docs/contract.md. */
export type Clause =
  | `V${1 | 2 | 3 | 4 | 5}`
  | `E${1 | 2 | 3 | 4}`
  | `C${1 | 2 | 3 | 4 | 5 | 6 | 7}`
  | `D${1 | 2 | 3}`
  | `N${1 | 2 | 3 | 4}`
  | `L${1 | 2 | 3 | 4}`
  | `T${1 | 2}`
  | "M1"
  | `F${1 | 2 | 3 | 4 | 5 | 6 | 7}`;

/** The tiers, in the order in which they are reported. */
export const tiers = ["core", "concurrent", "faults", "durable", "hygiene"] as const;

/**
 * What a case is about. `core`: one caller at a time. `concurrent`: several at once. `faults`: a network
 * that fails. `durable`: processes, disks and servers that crash. `hygiene`: what calls leave behind in the process.
 */
export type Tier = (typeof tiers)[number];

/** One thing that the contract promises, and how to find out whether a store keeps it. */
export interface ConformanceCase {
  /** Stable once published: waivers and reports name cases by it. */
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly tier: Tier;
  /** What a store that fails the case breaks. */
  readonly clauses: readonly Clause[];
  /** What the harness must be able to do; without it the case is reported as not exercised. */
  readonly powers: readonly Power[];
  /** The limit of the case, in milliseconds of effective time, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
  readonly run: (context: CaseContext) => Promise<void>;
}

/** What a case works with: stores of a place of its own, closed and destroyed when the case ends. */
export interface CaseContext {
  /** Aborted when the case's time is up: whoever loops stops then. */
  readonly signal: AbortSignal;
  /** How much the case does, and from which seed. */
  readonly settings: SuiteSettings;
  /** By how much the case may take longer than on a local store. */
  readonly timeoutFactor: number;
  /** A client of the case's place; each call opens another. */
  readonly open: (options?: StoreOptions) => Promise<ThreadStore>;
  /** A client of a second place, which has nothing in common with the first. */
  readonly openElsewhere: (options?: StoreOptions) => Promise<ThreadStore>;
  /** Closes a store within the case, once. */
  readonly close: (store: ThreadStore) => Promise<void>;
  /** The power of that name, on the case's place. */
  readonly rewrite: (id: string, change: (record: Uint8Array) => Uint8Array) => Promise<void>;
  /** The power of that name, on the case's place. */
  readonly entries: () => Promise<readonly string[]>;
  /** Starts a proxy in front of the backend, which fails when told and ends with the case. The power `network`. */
  readonly startProxy: () => Promise<FaultProxy>;
  /** A client of the case's place that reaches the backend through the proxy. The power `network`. */
  readonly openThrough: (proxy: FaultProxy, options?: StoreOptions) => Promise<ThreadStore>;
  /** A client of the case's place in a process of its own, which ends with the case. The power `peer`. */
  readonly openPeer: () => Promise<ChildClient>;
  /** A client of what is not there. The power `missing`. */
  readonly openMissing: () => Promise<ThreadStore>;
  /** Whether connections outlive their store, as the power `network` says. */
  readonly keepsConnections: boolean;
  /** Another place, which has nothing in common with the others of the case. */
  readonly newPlace: () => CasePlace;
  /** Kills the backend and starts it again. The power `backend`. */
  readonly crashBackend: () => Promise<void>;
}

/** A place that a case lets processes or disks crash on. It goes when the case ends. */
export interface CasePlace {
  /** A client of the place; the case's `close` closes it before the case ends. */
  readonly open: (options?: StoreOptions) => Promise<ThreadStore>;
  /** The power of that name. */
  readonly entries: () => Promise<readonly string[]>;
  /** The power of that name. */
  readonly durabilitySettings: () => Promise<readonly DurabilitySetting[]>;
  /** Starts a process that is to write to the place. It is killed when the case ends. The power `peer`. */
  readonly startWriter: (job: Job) => Writer;
  /** Where the place keeps its files. The power `disk`. */
  readonly folder: () => string;
  /** Removes it and all it holds; its stores are closed. */
  readonly destroy: () => Promise<void>;
}

type CaseInSection = Omit<ConformanceCase, "section" | "tier" | "powers" | "timeoutMs"> &
  Partial<Pick<ConformanceCase, "tier" | "powers" | "timeoutMs">>;

/** Several callers at once. */
export const CONCURRENT = { tier: "concurrent" } as const;

/** A network that fails. */
export const FAULTY_NETWORK = { tier: "faults", powers: ["network"] } as const;

/** Processes, disks and servers that crash: hundreds of times, which takes minutes. */
export const DURABLE = { tier: "durable", timeoutMs: 480_000 } as const;

/** Leaks. */
export const HYGIENE = { tier: "hygiene" } as const;

/** Returns the cases of one section of the contract, with defaults for what they do not set. */
export function section(name: string, cases: readonly CaseInSection[]): ConformanceCase[] {
  return cases.map((each) => ({ section: name, tier: "core", powers: [], timeoutMs: 60_000, ...each }));
}
