import type { CallOptions } from "@threadstore/core";
import type { EraseOptions, EraseResult } from "@threadstore/core/maintenance";
import type { Budget } from "./budget.ts";
import { continuesIn, eraseIn, type ErasedPart, eraseState } from "./erase.ts";
import type { NamedView } from "./list-page.ts";

/** How an erase reaches the store that has its namespace. */
interface EraseCalls {
  readonly budget: Budget;
  /** How long a part may take. */
  readonly partMs: number;
  /** Runs a part in the store that has the namespace. */
  readonly run: (
    start: (store: NamedView, options: CallOptions) => Promise<ErasedPart>,
  ) => Promise<ErasedPart>;
}

/**
 * Erases a namespace in parts, each in the store that has the namespace at that time. A store stops after half of its
 * time.
 */
export async function eraseNamespace(
  path: readonly string[],
  { cursor, ...options }: EraseOptions,
  { budget, partMs, run }: EraseCalls,
): Promise<EraseResult> {
  const owner = { operation: "erase", path } as const;
  const whole = budget.left();
  let state = eraseState(owner, cursor);
  for (;;) {
    const left = whole - 2 * (whole - budget.left());
    if (state !== undefined && left <= 1) return continuesIn(owner, state.store, state);
    const before = state;
    const part = await run((store, call) => {
      const timeoutMs = Math.max(1, Math.min(left, partMs));
      return eraseIn(owner, { ...store, options: { ...call, timeoutMs } }, before, options);
    });
    if (part.result.cursor === undefined) return part.result;
    ({ state } = part);
  }
}
