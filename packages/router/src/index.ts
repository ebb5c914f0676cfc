export { rendezvous, type Weights } from "./hashing.ts";
export { moveNamespace } from "./moves/move-namespace.ts";
export type { MoveOptions, MovePhase, MoveProgress, MoveResult, MoveTotals } from "./moves/move-options.ts";
export {
  type PlannedMove,
  planRebalance,
  rebalance,
  type RebalanceOptions,
  type RebalanceResult,
} from "./moves/rebalance.ts";
export type { RouterOptions } from "./options.ts";
export { routerStore } from "./router-store.ts";
