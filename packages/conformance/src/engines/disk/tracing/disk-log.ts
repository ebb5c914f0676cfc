import type { Report } from "../../crash/work.ts";
import type { DiskAction, TraceEvent } from "../trace-event.ts";

/** Creates the error that Node.js reports for an I/O error of the disk. */
export function ioError(syscall: string): Error {
  const error = new Error(`EIO: i/o error, ${syscall}`);
  return Object.assign(error, { errno: -5, code: "EIO", syscall });
}

/** A call to the disk that is in progress. */
export interface CallInProgress {
  /** The error that the call must fail with. With `isSync`, the call must not sync either. */
  readonly fault: { readonly isSync: boolean; readonly error: Error } | undefined;
  /** Records the actions of the call, which has ended. */
  readonly end: (actions: readonly DiskAction[]) => void;
}

/** Records the actions of this process on one folder, in order. */
export class DiskLog {
  readonly events: TraceEvent[] = [];
  readonly #handles = new Map<number, number>();
  #clock = 0;
  #lastHandle = 0;
  #untilFault = Infinity;

  /** Makes the call fail that contains the n-th change or sync from now on, counted from 1. */
  failAt(number: number): void {
    this.#untilFault = number;
  }

  /** Removes the fault. Returns whether it was still waiting because there were too few changes and syncs. */
  clearFault(): boolean {
    const wasWaiting = this.#untilFault > 0;
    this.#untilFault = Infinity;
    return wasWaiting;
  }

  record(report: Report): void {
    const now = this.#tick();
    this.events.push({ ...report, began: now, ended: now });
  }

  /** Starts a call that will take the planned actions. If it fails by itself, `end` is not called. */
  begin(name: string, planned: readonly DiskAction[]): CallInProgress {
    const began = this.#tick();
    const failing = planned.find((action) => this.#isHit(action));
    const isSync = failing?.type === "sync";
    const fault = failing === undefined ? undefined : { isSync, error: ioError(name) };
    return {
      fault,
      end: (actions) => {
        for (const action of actions) {
          const done: DiskAction =
            action.type === "sync" && fault !== undefined ? { ...action, type: "failed sync" } : action;
          // A sync covers everything before it, including earlier actions of the same call.
          const start = action.type === "sync" && actions.length > 1 ? this.#tick() : began;
          this.events.push({ ...done, began: start, ended: this.#tick() });
        }
      },
    };
  }

  newHandle(): number {
    this.#lastHandle += 1;
    return this.#lastHandle;
  }

  opened(descriptor: number, handle: number): void {
    this.#handles.set(descriptor, handle);
  }

  /** Forgets a descriptor, since the system may use its number for another file from now on. */
  closed(descriptor: number): void {
    this.#handles.delete(descriptor);
  }

  handleOf(descriptor: unknown): number | undefined {
    return typeof descriptor === "number" ? this.#handles.get(descriptor) : undefined;
  }

  #isHit({ type }: DiskAction): boolean {
    if (type === "open" || type === "unknown") return false;
    this.#untilFault -= 1;
    return this.#untilFault === 0;
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }
}
