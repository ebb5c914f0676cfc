import type { ThreadStore } from "@threadstore/core";
import type { Budget } from "./budget.ts";
import { giveUp } from "./moves/placement-edits.ts";
import { giveUpWeights } from "./moves/weights.ts";
import { ALL_UNITS, claimUnit } from "./placement/claim.ts";
import type { PlacementRecord } from "./placement/placement-record.ts";
import type { Unit } from "./placement/placements.ts";

const CLAIM = { durationMs: 10_000, waitMs: 0 };

/**
 * Opens a unit again if the process that closed it has died and its claim has expired. Another process can continue the
 * move.
 */
export async function reopenUnit(
  { placement, record }: { readonly placement: ThreadStore; readonly record: PlacementRecord },
  unit: Unit,
  budget: Budget,
): Promise<void> {
  const { table } = await record.read(budget);
  const token = table.units.get(unit)?.move?.token;
  const { next } = table;
  if (token !== undefined) {
    await ifUnclaimed(placement, unit, budget, async () => record.change(giveUp({ unit, token }), budget));
  } else if (next !== undefined) {
    const open = async (): Promise<unknown> => record.change(giveUpWeights(next.token), budget);
    await ifUnclaimed(placement, ALL_UNITS, budget, open);
  }
}

async function ifUnclaimed(
  placement: ThreadStore,
  unit: Unit,
  { signal }: Budget,
  open: () => Promise<unknown>,
): Promise<void> {
  const claim = await claimUnit(placement, unit, CLAIM, signal);
  if (claim === undefined) return;
  try {
    await open();
  } finally {
    await claim.release();
  }
}
