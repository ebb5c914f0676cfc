import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { invalidArgument, type OptionNames } from "@threadstore/core/decorator";
import { createId, unlessConflict } from "@threadstore/core/documents";
import { startBudget } from "../budget.ts";
import { rendezvous, type Weights } from "../hashing.ts";
import { ALL_UNITS } from "../placement/claim.ts";
import type { Unit } from "../placement/placements.ts";
import { entryIn, type Table } from "../placement/table.ts";
import { claimed, moveClaimed } from "./move-namespace.ts";
import { checkedMoveOptions, MOVE_OPTION_NAMES, type MoveOptions } from "./move-options.ts";
import { type RouterState, routerStateOf } from "./router-state.ts";
import { replaceWeights } from "./weights.ts";

/** A namespace that a rebalance would move. */
export interface PlannedMove {
  readonly namespace: string;
  readonly from: string;
  readonly to: string;
}

export interface RebalanceOptions extends MoveOptions {
  /** The new weights of stores. A store that is not named gets the weight 0, so that its namespaces leave it. */
  readonly weights: { readonly [name: string]: number };
}

export interface RebalanceResult {
  /** The number of namespaces that were moved. */
  readonly moved: number;
}

const OPTION_NAMES: OptionNames<RebalanceOptions> = { ...MOVE_OPTION_NAMES, weights: "required" };

/**
 * Resolves with the namespaces that {@link rebalance} would move with these weights. Pinned ones stay, and so do the threads
 * without a namespace.
 */
export async function planRebalance(
  router: ThreadStore,
  options: Pick<RebalanceOptions, "weights" | "signal">,
): Promise<PlannedMove[]> {
  const state = routerStateOf(router);
  const { weights, signal } = checkedOptions(state, options);
  const moves: PlannedMove[] = [];
  for await (const move of unsettled(state, router, weights, signal)) {
    if (move.from !== move.to) moves.push(move);
  }
  return moves;
}

/**
 * Distributes the namespaces according to new weights, for example after a store was added, or before one is removed,
 * while they are in use. Moves one namespace after the other. If the call fails, repeat it: namespaces that were moved
 * are not moved again, and the copies that unfinished moves made in other stores are deleted.
 */
export async function rebalance(router: ThreadStore, options: RebalanceOptions): Promise<RebalanceResult> {
  const state = routerStateOf(router);
  const { weights, onProgress, claimMs, signal } = checkedOptions(state, options);
  const claim = await claimed(state, ALL_UNITS, claimMs, signal);
  const stopping = AbortSignal.any([claim.signal, ...(signal === undefined ? [] : [signal])]);
  let moved = 0;
  const moveAll = async (): Promise<void> => {
    for await (const { namespace, from, to } of unsettled(state, router, weights, stopping)) {
      const request = { unit: namespace, to, isPinned: false, claimMs, onProgress };
      const moving = moveClaimed(state, request, stopping);
      // What an earlier move has left is deleted, unless another process is continuing that move.
      const result = await (from === to ? unlessConflict(moving) : moving);
      if (from !== to && result?.store === to) moved += 1;
    }
  };
  try {
    await moveAll();
    await replaceWeights(state, { weights, token: createId(), signal: stopping });
    // Those that were created in the meantime.
    await moveAll();
    return { moved };
  } finally {
    await claim.release();
  }
}

interface CheckedOptions extends MoveOptions {
  readonly claimMs: number;
  readonly weights: Weights;
}

function checkedOptions({ stores, route }: RouterState, options: unknown): CheckedOptions {
  const checked = checkedMoveOptions(options, OPTION_NAMES);
  if (route !== undefined) {
    const message =
      "`route` determines where namespaces are, not their hash. Move them with `moveNamespace`.";
    throw new ThreadStoreError("MISCONFIGURED", message);
  }
  const given: [string, unknown][] = Object.entries((checked.weights as object | undefined) ?? {});
  const isValid = given.every(([name, weight]) => stores.has(name) && isWeight(weight));
  if (!isValid || given.every(([, weight]) => weight === 0)) {
    throw invalidArgument(
      `\`weights\` must have finite numbers of at least 0 for stores, one of them greater than 0. The stores are ${[...stores.keys()].join(", ")}.`,
    );
  }
  const weights = new Map([...stores.keys()].map((name) => [name, 0]));
  for (const [name, weight] of given) weights.set(name, Number(weight));
  return { ...checked, weights };
}

function isWeight(weight: unknown): boolean {
  return typeof weight === "number" && Number.isFinite(weight) && weight >= 0;
}

/**
 * Lists the namespaces that are not where new weights place them, and those that are, but of which an earlier move has left
 * something in another store.
 */
async function* unsettled(
  state: RouterState,
  router: ThreadStore,
  weights: Weights,
  signal: AbortSignal | undefined,
): AsyncGenerator<PlannedMove, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await router.namespaces({ cursor, signal });
    const { table } = await state.record.read(startBudget({ signal }, state.timeoutMs));
    for (const namespace of page.namespaces) {
      const move = plannedMove(table, weights, namespace);
      if (move !== undefined) yield move;
    }
    ({ cursor } = page);
  } while (cursor !== undefined);
}

function plannedMove(table: Table, weights: Weights, namespace: Unit): PlannedMove | undefined {
  const { store: from, isPinned, move } = entryIn(table, namespace);
  const to = rendezvous(weights, namespace);
  return isPinned || (from === to && move === undefined) ? undefined : { namespace, from, to };
}
