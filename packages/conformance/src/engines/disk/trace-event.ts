import type { Report } from "../crash/work.ts";

/** An action of a process on the disk. Each open file has a handle number, which is never reused. */
export type DiskAction =
  | {
      readonly type: "open";
      readonly handle: number;
      readonly path: string;
      readonly creates: boolean;
      readonly truncates: boolean;
      readonly appends: boolean;
    }
  /** Without a position, it writes where the handle's last write ended, or at the end of the file if it appends. */
  | {
      readonly type: "write";
      readonly handle: number;
      readonly position: number | null;
      readonly bytes: Uint8Array;
    }
  | { readonly type: "truncate"; readonly handle: number; readonly length: number }
  | { readonly type: "sync"; readonly handle: number }
  | { readonly type: "failed sync"; readonly handle: number }
  | { readonly type: "make folder" | "remove"; readonly path: string }
  | { readonly type: "rename" | "link"; readonly from: string; readonly to: string }
  /** A call that cannot be replayed. */
  | { readonly type: "unknown"; readonly call: string };

/** One event of a process. Times are counts, not milliseconds. Calls that overlapped have overlapping times. */
export type TraceEvent = {
  readonly began: number;
  readonly ended: number;
} & (DiskAction | Report);
