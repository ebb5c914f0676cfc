import type { SerializedThread, ThreadStore } from "@threadstore/core";
import type { OptionalPackage } from "../stores/import-package.ts";

/** A fault of a thread. Never contains its content. */
export interface Fault {
  readonly code: string;
  readonly path: string;
  /** The problem in one sentence. */
  readonly message: string;
  /** What a repair does about it, in one sentence; absent if no repair can correct the thread. */
  readonly remedy?: string;
}

export interface RepairSettings {
  /** What to do with a call that has no result, and similar faults. */
  readonly policy: "synthesize" | "drop";
  /** The provider whose limits apply, too. */
  readonly provider: string | undefined;
}

/** Where a thread is stored, for threads that refer to others. */
export interface ThreadPlace {
  readonly root: ThreadStore;
  /** The namespaces in the root that lead to it. */
  readonly namespaces: readonly string[];
}

/** A repaired thread. Without changes, it is the same. */
export interface Repaired {
  readonly thread: object | string;
  readonly changes: readonly Fault[];
}

/** A kind of thread that can be checked and repaired. */
export interface RepairForm {
  /** The name for output. */
  readonly name: string;
  /** The package that knows it. */
  readonly package: OptionalPackage;
  /** Returns whether a thread is of this kind. */
  readonly recognizes: (thread: SerializedThread) => boolean;
  /** Repairs a thread. Throws an error of its package for one that cannot be repaired. */
  readonly repair: (
    module: unknown,
    json: string,
    settings: RepairSettings,
    place: ThreadPlace | undefined,
  ) => Promise<Repaired>;
}
