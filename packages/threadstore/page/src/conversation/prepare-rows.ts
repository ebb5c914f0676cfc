import { useEffect } from "react";
import { prepareText } from "./message-text.tsx";
import type { Row } from "./rows.ts";

/** How many rows after and before the mounted ones are prepared. */
const AFTER = 30;
const BEFORE = 10;
/** Reading the longest text can take this long on a slow machine, and must not delay the next frame. */
const LEAST_IDLE_MS = 6;

/**
 * Renders the texts near the visible rows while the browser has nothing else to do. Reading Markdown takes most of the
 * time of a row, so that a frame in which a new row appears would be late.
 */
export function usePreparedRows(rows: readonly Row[], mounted: readonly { readonly index: number }[]): void {
  const first = mounted[0]?.index ?? 0;
  const last = mounted.at(-1)?.index ?? 0;
  useEffect(() => {
    const near = [
      ...rows.slice(last + 1, last + 1 + AFTER),
      ...rows.slice(Math.max(0, first - BEFORE), first),
    ];
    return whileIdle(
      near.map(
        ({ entry }) =>
          () =>
            entry.kind === "text" && prepareText(entry.text),
      ),
    );
  }, [rows, first, last]);
}

/** Runs tasks one by one when the browser is idle. Returns a function that stops. */
function whileIdle(tasks: readonly (() => unknown)[]): () => void {
  // Safari does not have it.
  if (!("requestIdleCallback" in window)) return () => undefined;
  let next = 0;
  const run = (deadline: IdleDeadline): void => {
    while (next < tasks.length && deadline.timeRemaining() >= LEAST_IDLE_MS) {
      tasks[next]?.();
      next += 1;
    }
    if (next < tasks.length) handle = requestIdleCallback(run);
  };
  let handle = requestIdleCallback(run);
  return () => cancelIdleCallback(handle);
}
