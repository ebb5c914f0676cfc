import type { DecoratedCall, DecoratedNamespace, LoadArguments } from "../thread-store-decorator.ts";
import type { HeadMetadata } from "./head-metadata.ts";
import type { KnownHeads } from "./known-heads.ts";
import type { SegmentFormat, SegmentLocation } from "./segment-format.ts";
import type { SegmentedState, SegmentedThread } from "./segmented-thread.ts";

export interface SegmentedOptions {
  /** The limit of the decorated store, for threads as callers see them. */
  readonly maxThreadBytes: number | undefined;
}

/** What the operations of a namespace share. */
export interface LogContext<Log> extends SegmentedOptions {
  readonly namespace: DecoratedNamespace;
  readonly format: SegmentFormat<Log>;
  readonly heads: HeadMetadata;
  readonly known: KnownHeads<Log>;
  readonly locationOf: (id: string) => SegmentLocation;
  readonly load: (
    load: LoadArguments<SegmentedState<Log>>,
    call: DecoratedCall,
  ) => Promise<SegmentedThread<Log> | undefined>;
}
