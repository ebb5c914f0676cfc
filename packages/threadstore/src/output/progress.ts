import type { Output } from "./terminal.ts";
import { visibleLine } from "./visible-text.ts";

/** Shows how far a command is, on a line of a terminal that is then erased. Prints nothing elsewhere. */
export interface Progress {
  readonly show: (text: string) => void;
  /** Erases the line. */
  readonly stop: () => void;
}

const INTERVAL_MS = 100;
const DEFAULT_COLUMNS = 80;

export function progressOn(output: Output): Progress {
  if (output.isTTY !== true) return { show: () => undefined, stop: () => undefined };
  let shownAt = 0;
  let isShown = false;
  const put = (text: string): void => void output.write(`\r\u001b[K${text}`, () => undefined);
  return {
    show(text) {
      if (Date.now() - shownAt < INTERVAL_MS) return;
      shownAt = Date.now();
      isShown = true;
      // A terminal that does not know its size says that it has none.
      put(visibleLine(text).slice(0, (output.columns || DEFAULT_COLUMNS) - 1));
    },
    stop() {
      if (isShown) put("");
      isShown = false;
    },
  };
}
