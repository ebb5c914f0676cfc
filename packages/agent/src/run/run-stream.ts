import { deferred } from "@threadstore/core/documents";

/**
 * A run that emits events. It starts immediately, even if its events are not consumed.
 *
 * A single consumer can iterate over the events. Leaving the loop early aborts the run, unless it has already ended. If the run fails, the iteration throws the error after the events that
 * preceded it.
 */
export interface RunStream<Result, Event> extends AsyncIterable<Event, undefined, undefined> {
  /** The result of the run. May be awaited with or without consuming events. Its rejection is never unhandled. */
  readonly result: Promise<Result>;
}

/** Starts a run and returns its stream of events. */
export function startRunStream<Result, Event>(
  run: (emit: (event: Event) => void, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal | undefined,
): RunStream<Result, Event> {
  const abandoned = new AbortController();
  const events: Event[] = [];
  let wake = deferred<void>();
  const emit = (event: Event): void => {
    events.push(event);
    wake.resolve();
  };
  const runSignal = signal === undefined ? abandoned.signal : AbortSignal.any([signal, abandoned.signal]);
  const result = run(emit, runSignal);
  const settled = result.then(ignore, ignore);
  const next = async (): Promise<IteratorResult<Event, undefined>> => {
    for (;;) {
      if (abandoned.signal.aborted) return DONE;
      const event = events.shift();
      if (event !== undefined) return { done: false, value: event };
      wake = deferred<void>();
      const hasEnded = await Promise.race([wake.promise.then(() => false), settled.then(() => true)]);
      if (hasEnded && events.length === 0 && !abandoned.signal.aborted) {
        await result;
        return DONE;
      }
    }
  };
  const iterator: AsyncIterator<Event, undefined> = {
    next,
    async return() {
      abandoned.abort();
      // Waits, so that the thread can be run again as soon as the loop has been left.
      await settled;
      return DONE;
    },
  };
  return { result, [Symbol.asyncIterator]: () => iterator };
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

function ignore(): void {
  // Callers learn the outcome from `result`.
}
