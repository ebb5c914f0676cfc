import { ThreadStoreError } from "@threadstore/core";
import { untilAborted } from "@threadstore/core/documents";

const MAX_ATTEMPTS = 50;
const INITIAL_DELAY_MS = 5;
const MAX_DELAY_MS = 250;

/** Repeats a change if another request changed the thread first, after a random backoff delay. */
export async function repeatAfterConflict<Result>(
  signal: AbortSignal,
  change: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || attempt === MAX_ATTEMPTS) throw error;
    }
    const delay = Math.min(INITIAL_DELAY_MS * 2 ** Math.min(attempt, 10), MAX_DELAY_MS);
    await untilAborted(() => wait(delay * Math.random()), signal);
  }
}

function wait(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}
