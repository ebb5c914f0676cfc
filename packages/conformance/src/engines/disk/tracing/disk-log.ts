import type { Report } from "../../crash/work.ts";
import type { DiskAction, TraceEvent } from "../trace-event.ts";

/** What the disk failed with: Node's own kind of error. */
export function ioError(syscall: string): Error {
  const error = new Error(`EIO: i/o error, ${syscall}`);
  return Object.assign(error, { errno: -5, code: "EIO", syscall });
}

/** A call to the disk that has begun. */
export interface BegunCall {
  /** The call is to fail with this; if `isSync`, without having synced. */
  readonly fault: { readonly isSync: boolean; readonly error: Error } | undefined;
  /** It has done this. */
  readonly end: (actions: readonly DiskAction[]) => void;
}

/** What this process does to one folder, in order. */
export class DiskLog {
  readonly events: TraceEvent[] = [];
  readonly #openings = new Map<number, number>();
  #clock = 0;
  #openingCount = 0;
  #untilFault = Infinity;

  /** Has the call fail that contains the n-th change or sync from now on, counted from 1. */
  failAt(number: number): void {
    this.#untilFault = number;
  }

  /** Takes the fault back. Whether it was there still, for want of so many changes. */
  calmDown(): boolean {
    const isLeft = this.#untilFault > 0;
    this.#untilFault = Infinity;
    return isLeft;
  }

  note(report: Report): void {
    const now = this.#tick();
    this.events.push({ ...report, began: now, ended: now });
  }

  /** A call that is going to do this, or nothing. */
  begin(name: string, planned: readonly DiskAction[]): BegunCall {
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
          // A sync is of what was done before it, within a call as well.
          const start = action.type === "sync" && actions.length > 1 ? this.#tick() : began;
          this.events.push({ ...done, began: start, ended: this.#tick() });
        }
      },
    };
  }

  newOpening(): number {
    this.#openingCount += 1;
    return this.#openingCount;
  }

  opened(descriptor: number, opening: number): void {
    this.#openings.set(descriptor, opening);
  }

  /** The number may belong to another file from now on. */
  closes(descriptor: number): void {
    this.#openings.delete(descriptor);
  }

  openingOf(descriptor: unknown): number | undefined {
    return typeof descriptor === "number" ? this.#openings.get(descriptor) : undefined;
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
