import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { invalidArgument } from "@threadstore/core/decorator";
import { type Claim, claimUnit } from "../placement/claim.ts";
import { checkedMoveOptions, MOVE_OPTION_NAMES, type MoveOptions, type MoveResult } from "./move-options.ts";
import { type MoveRequest, moveUnit } from "./move-unit.ts";
import { type RouterState, routerStateOf } from "./router-state.ts";

/**
 * Moves a namespace of a router, with all namespaces in it, to the store of this name, while it is in use. An empty
 * `namespace` stands for the threads without a namespace. The namespace is then pinned there: `rebalance` leaves it.
 *
 * Processes need not be restarted. Calls to the namespace wait for a moment at the end, and then go to its new store,
 * where its threads have other versions: a save with an earlier version is a `CONFLICT`. If this process dies or the
 * move fails, the namespace stays in use where it is. Another call continues the move: it compares the copied threads
 * instead of copying them again. A move to the store that has the namespace pins it, and deletes the copies that an
 * unfinished move made in another store.
 *
 * Rejects with `CONFLICT` if another process moves the namespace, with `CORRUPT` if one of its threads is corrupt, and with
 * any error of the stores.
 */
export async function moveNamespace(
  router: ThreadStore,
  namespace: string,
  to: string,
  options: MoveOptions = {},
): Promise<MoveResult> {
  const state = routerStateOf(router);
  const { onProgress, claimMs, signal } = checkedMoveOptions(options, MOVE_OPTION_NAMES);
  if (!state.stores.has(to)) {
    throw invalidArgument(`\`to\` must be the name of a store: ${[...state.stores.keys()].join(", ")}.`);
  }
  // Validates the name.
  if (namespace !== "") router.namespace(namespace);
  return moveClaimed(state, { unit: namespace, to, isPinned: true, claimMs, onProgress }, signal);
}

/** Claims a unit and moves it. */
export async function moveClaimed(
  state: RouterState,
  request: Omit<MoveRequest, "signal">,
  signal: AbortSignal | undefined,
): Promise<MoveResult> {
  const claim = await claimed(state, request.unit, request.claimMs, signal);
  try {
    const signals = signal === undefined ? [claim.signal] : [claim.signal, signal];
    return await moveUnit(state, { ...request, signal: AbortSignal.any(signals) });
  } finally {
    await claim.release();
  }
}

/** Resolves with the claim of a unit. If a process with a claim has died, waits until that claim expires. */
export async function claimed(
  { placement }: RouterState,
  unit: string,
  claimMs: number,
  signal: AbortSignal | undefined,
): Promise<Claim> {
  const claim = await claimUnit(placement, unit, { durationMs: claimMs, waitMs: claimMs * 1.5 }, signal);
  if (claim !== undefined) return claim;
  throw new ThreadStoreError(
    "CONFLICT",
    "Another process is moving the namespace. Wait until it has ended, or stop it and start the move again.",
  );
}
