import type { StoreOptions, ThreadStore } from "@threadstore/core";
import type { ChildClient } from "../engines/child-process/child-client.ts";
import type { Job } from "../engines/crash/messages.ts";
import type { Writer } from "../engines/crash/writer.ts";
import type { FaultProxy } from "../engines/fault-proxy/index.ts";
import type { Capability } from "./capability.ts";
import { CASES_OF_CORE } from "./cases-of-core.ts";
import type { Clause } from "./clause.ts";
import type { DurabilitySetting } from "./harness.ts";
import type { SuiteSettings } from "./settings.ts";
import type { KeptVersions, VersionedStore } from "./versioned-store.ts";

/** The tiers in the order in which they run and are reported. */
export const tiers = ["core", "concurrent", "faults", "durable", "hygiene"] as const;

/**
 * The kind of trouble that a case causes.
 *
 * - `core`: none. One caller at a time.
 * - `concurrent`: several callers at once.
 * - `faults`: a network that fails.
 * - `durable`: processes, disks and servers that crash.
 * - `hygiene`: leaks of calls and stores in the process.
 */
export type Tier = (typeof tiers)[number];

/**
 * Where to look for the cause of a failure in a store made with `createThreadStore`: `core` if the driver takes no part
 * in what the case tests, such as the validation of arguments, else `driver`. A store without core does both itself.
 */
export type Layer = "core" | "driver";

/** Tests one promise of the contract. */
export interface ConformanceCase {
  /** The main clause and a running number, such as `C4-2`. Known failures and reports refer to cases by id. */
  readonly id: string;
  readonly title: string;
  /** The section of the contract that has the main clause. */
  readonly section: string;
  readonly tier: Tier;
  readonly layer: Layer;
  /** The clauses that a store violates if it fails the case. */
  readonly clauses: readonly Clause[];
  /** The capabilities that the harness must have. If one is missing, the case is reported as not exercised. */
  readonly capabilities: readonly Capability[];
  /** Milliseconds that the case may take, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
  readonly run: (context: CaseContext) => Promise<void>;
}

/** The stores and tools of one case. Its stores are closed and its locations destroyed when the case ends. */
export interface CaseContext {
  /** Aborts when the case has ended or its time is up, so that loops stop. */
  readonly signal: AbortSignal;
  /** How much the case does, and from which seed. */
  readonly settings: SuiteSettings;
  /** How many times as long as on a local store the case may take. */
  readonly timeoutFactor: number;
  /** How far apart two saves must be for a listing by recency, as the harness states. */
  readonly recencyPrecisionMs: number;
  /** Texts that no error may lead to, as the harness states them. */
  readonly secrets: readonly string[];
  /** The size of the largest thread that the store accepts, in bytes. */
  readonly maxThreadBytes: number;
  /** Opens another client of the case's location. */
  readonly open: (options?: StoreOptions) => Promise<ThreadStore>;
  /**
   * Opens a client of the case's location that keeps versions, by default so many, and for so long, that none is removed.
   * Needs `history`.
   */
  readonly openHistory: (keep?: Partial<KeptVersions>, options?: StoreOptions) => Promise<VersionedStore>;
  /** Opens a client of the case's location that does not keep versions. Needs `withoutHistory`. */
  readonly openWithoutHistory: (options?: StoreOptions) => Promise<ThreadStore>;
  /** Opens a client of a second location, which shares nothing with the first. */
  readonly openElsewhere: (options?: StoreOptions) => Promise<ThreadStore>;
  /** Closes a store before the case ends, once. */
  readonly close: (store: ThreadStore) => Promise<void>;
  /** The harness's capability of that name, for the case's location. */
  readonly rewrite: (id: string, change: (record: Uint8Array) => Uint8Array) => Promise<void>;
  /** The harness's capability of that name, for the case's location. */
  readonly entries: () => Promise<readonly string[]>;
  /** Starts a proxy in front of the backend that fails on request. It ends with the case. Needs `network`. */
  readonly startProxy: () => Promise<FaultProxy>;
  /** Opens a client of the case's location that reaches the backend through the proxy. Needs `network`. */
  readonly openThrough: (proxy: FaultProxy, options?: StoreOptions) => Promise<ThreadStore>;
  /** Opens a client of the case's location in a child process, which ends with the case. Needs `childProcess`. */
  readonly openInChildProcess: () => Promise<ChildClient>;
  /** Opens a store whose backend is set up wrong. Needs `missing`. */
  readonly openMissing: () => Promise<ThreadStore>;
  /** Whether connections outlive their store, as the harness's `network` states. */
  readonly keepsConnections: boolean;
  /** {@link Network.rewritesRecords} */
  readonly rewritesRecords: boolean;
  /** Creates another location, which shares nothing with the other ones of the case. */
  readonly newLocation: () => CaseLocation;
  /** Kills the backend and starts it again. Needs `backend`. */
  readonly crashBackend: () => Promise<void>;
}

/** A location where a case crashes processes or disks. It is destroyed when the case ends. */
export interface CaseLocation {
  /** Opens a client of the location. The case's `close` closes it before the case ends. */
  readonly open: (options?: StoreOptions) => Promise<ThreadStore>;
  /** The harness's capability of that name. */
  readonly entries: () => Promise<readonly string[]>;
  /** The settings that the harness's `durability` reads. */
  readonly durabilitySettings: () => Promise<readonly DurabilitySetting[]>;
  /** Starts a process that writes to the location. It is killed when the case ends. Needs `childProcess`. */
  readonly startWriter: (job: Job) => Writer;
  /** Returns the folder of the location's files. Needs `disk`. */
  readonly folder: () => string;
  /** Deletes the location and everything in it. Its stores must be closed. */
  readonly destroy: () => Promise<void>;
}

type Optional = "tier" | "capabilities" | "timeoutMs";

type CaseInSection = Omit<ConformanceCase, "section" | "layer" | Optional> &
  Partial<Pick<ConformanceCase, Optional>>;

/** Several callers at once. */
export const CONCURRENT = { tier: "concurrent" } as const;

/** A network that fails. */
export const FAULTY_NETWORK = { tier: "faults", capabilities: ["network"] } as const;

/** Processes, disks or servers that crash, dozens of times in each case. */
export const DURABLE = { tier: "durable", timeoutMs: 480_000 } as const;

/** Leaks. */
export const HYGIENE = { tier: "hygiene" } as const;

/** Returns the cases of one section of the contract, with defaults for what they do not set. */
export function section(name: string, cases: readonly CaseInSection[]): ConformanceCase[] {
  return cases.map((each) => ({
    section: name,
    tier: "core",
    layer: CASES_OF_CORE.has(each.id) ? "core" : "driver",
    capabilities: [],
    timeoutMs: 60_000,
    ...each,
  }));
}
