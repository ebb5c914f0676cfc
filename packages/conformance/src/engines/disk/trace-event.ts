import type { Report } from "../crash/work.ts";

/** What a process did to the disk. Files that it has open are told apart by the number of their opening. */
export type DiskAction =
  | {
      readonly type: "open";
      readonly opening: number;
      readonly path: string;
      readonly creates: boolean;
      readonly truncates: boolean;
      readonly appends: boolean;
    }
  /** Without a position it writes where the last write ended; at the end, if the opening appends. */
  | {
      readonly type: "write";
      readonly opening: number;
      readonly position: number | null;
      readonly bytes: Uint8Array;
    }
  | { readonly type: "truncate"; readonly opening: number; readonly length: number }
  | { readonly type: "sync"; readonly opening: number }
  | { readonly type: "failed sync"; readonly opening: number }
  | { readonly type: "make folder" | "remove"; readonly path: string }
  | { readonly type: "rename" | "link"; readonly from: string; readonly to: string }
  /** Something that cannot be taken again. */
  | { readonly type: "unknown"; readonly call: string };

/** One thing after the other, as far as they were: times count what happened. */
export type TraceEvent = {
  readonly began: number;
  readonly ended: number;
} & (DiskAction | Report);
