/**
 * A run that tells what happens while it happens. It starts at once, whether or not anybody listens.
 *
 * One consumer iterates over its events. Breaking off (`break`, `return`, a throw in the loop) aborts the run,
 * and the thread stays as before it, unless the run had ended already. A run that fails makes the iteration
 * throw, behind the events that came before.
 */
export interface RunStream<Result, Event> extends AsyncIterable<Event, undefined, undefined> {
  /** The run's result. May be awaited with or without the events; left alone, its rejection bothers nobody. */
  readonly result: Promise<Result>;
}

/** Starts a run with somewhere to put its events. */
export function startRunStream<Result, Event>(
  run: (emit: (event: Event) => void, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal | undefined,
): RunStream<Result, Event> {
  const breakOff = new AbortController();
  const events: Event[] = [];
  let wake = Promise.withResolvers<void>();
  const emit = (event: Event): void => {
    events.push(event);
    wake.resolve();
  };
  const combined = signal === undefined ? breakOff.signal : AbortSignal.any([signal, breakOff.signal]);
  const result = run(emit, combined);
  const settled = result.then(ignore, ignore);
  const next = async (): Promise<IteratorResult<Event, undefined>> => {
    for (;;) {
      if (breakOff.signal.aborted) return done;
      const event = events.shift();
      if (event !== undefined) return { done: false, value: event };
      wake = Promise.withResolvers<void>();
      const over = await Promise.race([wake.promise.then(() => false), settled.then(() => true)]);
      if (over && events.length === 0 && !breakOff.signal.aborted) {
        await result;
        return done;
      }
    }
  };
  const iterator: AsyncIterator<Event, undefined> = {
    next,
    async return() {
      breakOff.abort();
      // So that the thread is free for another run as soon as the loop is left.
      await settled;
      return done;
    },
  };
  return { result, [Symbol.asyncIterator]: () => iterator };
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

function ignore(): void {
  // The result tells whoever asks for it.
}
